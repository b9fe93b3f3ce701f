//! Words that an operator hangs on a key, for listings, bills and the conditions of targets: names with values.

use std::collections::BTreeMap;

/// Most tags of a key.
pub const KEY_TAGS_MAX: usize = 32;
/// Longest name of a tag.
pub const KEY_TAG_NAME_CHARS_MAX: usize = 64;
/// Longest value of a tag.
pub const KEY_TAG_VALUE_CHARS_MAX: usize = 200;

/// The tags of a key, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyTags(BTreeMap<String, String>);

impl KeyTags {
    /// These; `Err` says what is wrong with one.
    pub fn of(tags: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut checked = BTreeMap::new();
        for (name, value) in tags {
            check(&name, &value)?;
            if checked.insert(name.clone(), value).is_some() {
                return Err(format!("the tag {name:?} is given twice"));
            }
        }
        if checked.len() > KEY_TAGS_MAX {
            return Err(format!("a key takes at most {KEY_TAGS_MAX} tags, not {}", checked.len()));
        }
        Ok(Self(checked))
    }

    /// One of them as people write it: `name=value`.
    pub fn parse_one(text: &str) -> Result<(String, String), String> {
        let (name, value) =
            text.split_once('=').ok_or_else(|| format!("{text:?} is no tag; write NAME=VALUE"))?;
        check(name, value)?;
        Ok((name.to_owned(), value.to_owned()))
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of the tag with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it is kept: a line for each, with line feeds on both sides, so that one can be looked for.
    pub(super) fn lines(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.iter() {
            text.push_str(&Self::line(name, value));
            text.pop();
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }

    /// What the kept form holds if it has this tag.
    pub(super) fn line(name: &str, value: &str) -> String {
        format!("\n{name}={value}\n")
    }

    /// Reads the kept form.
    pub(super) fn read(lines: &str) -> Option<Self> {
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        lines.split('\n').filter(|line| !line.is_empty()).map(pair).collect::<Option<_>>().map(Self)
    }
}

fn check(name: &str, value: &str) -> Result<(), String> {
    let is_name = !name.is_empty()
        && name.len() <= KEY_TAG_NAME_CHARS_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte));
    if !is_name {
        return Err(format!(
            "{name:?} is no name of a tag: it must be 1 to {KEY_TAG_NAME_CHARS_MAX} letters, digits or any of . _ - / :"
        ));
    }
    if value.chars().count() > KEY_TAG_VALUE_CHARS_MAX || value.chars().any(char::is_control) {
        return Err(format!(
            "the value of the tag {name} must be at most {KEY_TAG_VALUE_CHARS_MAX} characters without control characters"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{KEY_TAGS_MAX, KeyTags};

    fn tags(given: &[(&str, &str)]) -> Result<KeyTags, String> {
        KeyTags::of(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn tags_are_kept_as_lines_that_can_be_looked_for() {
        let given = tags(&[("team", "shop = 日本"), ("cost/centre", "")]).unwrap();
        assert_eq!(given.lines(), "\ncost/centre=\nteam=shop = 日本\n");
        assert_eq!(KeyTags::read(&given.lines()), Some(given.clone()));
        for (name, value) in given.iter() {
            assert!(given.lines().contains(&KeyTags::line(name, value)), "{name}");
        }
        assert!(!given.lines().contains(&KeyTags::line("team", "shop")));
        assert_eq!(KeyTags::default().lines(), "");
        assert_eq!(KeyTags::read(""), Some(KeyTags::default()));
        assert_eq!(KeyTags::parse_one("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for (name, value) in [("", "x"), ("a b", "x"), ("a=", "x"), ("é", "x"), ("a", "x\ny")] {
            assert!(tags(&[(name, value)]).is_err(), "{name:?} {value:?}");
        }
        assert!(tags(&[("a", "1"), ("a", "2")]).unwrap_err().contains("twice"));
        assert!(KeyTags::parse_one("team").unwrap_err().contains("NAME=VALUE"));
        let many = (0..=KEY_TAGS_MAX).map(|number| (format!("t{number}"), String::new()));
        assert!(KeyTags::of(many).unwrap_err().contains("at most 32"));
    }
}
