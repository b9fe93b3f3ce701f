//! A place in a foreign file: a value, its path in words, and where it stands.

use config::yaml::{Node, Value};

use crate::report::{About, Spot};

/// A value of a file.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'f> {
    pub(super) file: &'f str,
    pub(super) path: String,
    pub(super) node: &'f Node,
}

impl<'f> Cursor<'f> {
    /// What a finding about it is about.
    pub(super) fn about(&self) -> About {
        let spot = self.node.place.map(|place| Spot { file: self.file.to_owned(), place });
        About { what: self.path.clone(), spot }
    }

    /// The value under a key; nothing counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.entries().find(|(name, _)| *name == key).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// The entries of a mapping, where their keys stand; none for anything else.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'f str, Self)> {
        let map = match &self.node.value {
            Value::Map(map) => map.as_slice(),
            _ => &[],
        };
        let (file, path) = (self.file, self.path.clone());
        map.iter().map(move |(key, node)| {
            let path = if path.is_empty() { key.text.clone() } else { format!("{path}.{}", key.text) };
            (key.text.as_str(), Self { file, path, node })
        })
    }

    /// The items of a list; none for anything else.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> {
        let list = match &self.node.value {
            Value::List(list) => list.as_slice(),
            _ => &[],
        };
        let (file, path) = (self.file, self.path.clone());
        list.iter().enumerate().map(move |(at, node)| Self { file, path: format!("{path}[{at}]"), node })
    }

    pub(super) fn is_null(&self) -> bool {
        self.node.value == Value::Null
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// A text, or a number as written; nothing for other values.
    pub(super) fn text(&self) -> Option<String> {
        match &self.node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Whether it says yes, in any of YAML's older words as well.
    pub(super) fn says_yes(&self) -> bool {
        match &self.node.value {
            Value::Bool(yes) => *yes,
            Value::Text(text) => ["true", "yes", "on"].iter().any(|word| text.eq_ignore_ascii_case(word)),
            _ => false,
        }
    }

    /// Whether it says nothing or no: such a setting is as good as not there.
    pub(super) fn is_idle(&self) -> bool {
        match &self.node.value {
            Value::Null | Value::Bool(false) => true,
            Value::Text(text) => {
                text.is_empty()
                    || ["false", "no", "off", "none"].iter().any(|word| text.eq_ignore_ascii_case(word))
            }
            Value::List(list) => list.is_empty(),
            Value::Map(map) => map.is_empty(),
            _ => false,
        }
    }
}
