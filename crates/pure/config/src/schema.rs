//! The file's JSON Schema, made from the raw structs. Editors read it, and so does our own check: one truth.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::sections::File;

/// The schema (draft 2020-12) as it is committed: pretty, with a newline at its end.
pub fn schema_text() -> String {
    let mut text =
        serde_json::to_string_pretty(&schema()).expect("a schema holds only texts, numbers, lists and maps");
    text.push('\n');
    text
}

pub(crate) fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>().to_value()
}

/// A schema with the definitions its references point into.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'s> {
    here: &'s Value,
    definitions: Option<&'s Map<String, Value>>,
}

impl<'s> Schema<'s> {
    /// The schema of the whole file.
    pub(crate) fn root(root: &'s Value) -> Self {
        Self { here: root, definitions: root.get("$defs").and_then(Value::as_object) }
    }

    const fn at(self, here: &'s Value) -> Self {
        Self { here, definitions: self.definitions }
    }

    fn followed(self) -> Self {
        const START: &str = "#/$defs/";
        let target = self.here.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix(START));
        match target.and_then(|name| self.definitions?.get(name)) {
            Some(definition) => self.at(definition).followed(),
            None => self,
        }
    }

    /// Whether what stands here may be a secret.
    pub(crate) fn is_secret(self) -> bool {
        self.here.get("writeOnly").and_then(Value::as_bool).unwrap_or(false)
    }

    /// What to tell whoever writes what is not taken here.
    pub(crate) fn hint(self) -> Option<&'s str> {
        self.here.get("$comment").and_then(Value::as_str)
    }

    /// The shapes a value may have: one unless the schema says `anyOf`.
    pub(crate) fn shapes(self) -> Vec<Self> {
        let followed = self.followed();
        match followed.here.get("anyOf").and_then(Value::as_array) {
            Some(shapes) => shapes.iter().flat_map(|shape| followed.at(shape).shapes()).collect(),
            None => vec![followed],
        }
    }

    /// The JSON types of one shape.
    pub(crate) fn types(self) -> Vec<&'s str> {
        match self.here.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ if !self.choices().is_empty() => vec!["string"],
            _ => Vec::new(),
        }
    }

    /// The words a value must be one of; empty if it is no choice of words.
    pub(crate) fn choices(self) -> Vec<&'s str> {
        let listed = self.here.get("enum").and_then(Value::as_array).into_iter().flatten();
        let described = self.here.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        listed.chain(described.filter_map(|one| one.get("const"))).filter_map(Value::as_str).collect()
    }

    /// The known keys of a mapping.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'s str> + Clone {
        let properties = self.here.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(|map| map.keys().map(String::as_str))
    }

    /// The keys a mapping must have.
    pub(crate) fn required(self) -> impl Iterator<Item = &'s str> {
        let names = self.here.get("required").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str)
    }

    /// What stands under `key` of a mapping; `None` if there is no such key.
    pub(crate) fn under(self, key: &str) -> Option<Self> {
        let own = self.here.get("properties").and_then(|map| map.get(key));
        let any = || self.here.get("additionalProperties").filter(|schema| schema.is_object());
        own.or_else(any).map(|schema| self.at(schema))
    }

    /// What the items of a list are.
    pub(crate) fn item(self) -> Self {
        self.at(self.here.get("items").unwrap_or(&Value::Null))
    }

    /// A number the schema states, such as `minimum`.
    pub(crate) fn bound(self, name: &str) -> Option<i128> {
        self.here
            .get(name)
            .and_then(|bound| bound.as_i64().map(i128::from).or_else(|| bound.as_u64().map(i128::from)))
    }
}
