//! The reference of the configuration file, from `config.schema.json`. That the schema is current is `config`'s test.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::markdown::{code, table};

const INTRODUCTION: &str = "\
# Configuration

    bellwether --config examples/minimal.yaml

One YAML file, named by `--config` or `BELLWETHER_CONFIG`; without either, `bellwether.yaml` in the current directory
if it is there. Every key may be left out. An unknown key is refused, and all problems are told at once, each with its
place, what was found and a hint. What is only read at the start is told by a [reload](../operations/README.md#signals).

This page is made from [config.schema.json](../../config.schema.json) by `cargo xtask docs`; editors read that schema
from a first line `# yaml-language-server: $schema=…/config.schema.json`.
";

pub(super) fn page(root: &Path) -> Result<String> {
    let text = fs::read_to_string(root.join("config.schema.json")).context("config.schema.json")?;
    let schema: Value = serde_json::from_str(&text)?;
    let mut page = Page { definitions: &schema["$defs"], text: INTRODUCTION.to_owned() };
    page.section("The file", "", &schema);
    Ok(page.text)
}

/// The page as far as it is written.
struct Page<'s> {
    definitions: &'s Value,
    text: String,
}

impl<'s> Page<'s> {
    /// One mapping of the file, then those inside it.
    fn section(&mut self, title: &str, place: &str, schema: &'s Value) {
        let Some(keys) = schema["properties"].as_object() else { return };
        let description = text_of(schema);
        self.text.push_str(&format!("\n## {title}\n\n{description}\n\n"));
        self.text.push_str(&table(&["key", "type", "default", "meaning"], self.rows(keys, schema)));
        for (key, value) in keys {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            self.inner(&place, value);
        }
    }

    fn rows(&self, keys: &Map<String, Value>, schema: &Value) -> Vec<Vec<String>> {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let row = |(key, value): (&String, &Value)| {
            let default = match &value["default"] {
                Value::Null if required.contains(&key.as_str()) => "required".to_owned(),
                Value::Null => String::new(),
                default => code(&default.to_string()),
            };
            let meaning = format!("{}{}", text_of(value), self.choices(value));
            vec![code(key), self.kind(value), default, meaning]
        };
        keys.iter().map(row).collect()
    }

    /// The section of what stands under a key, if that has keys of its own.
    fn inner(&mut self, place: &str, value: &'s Value) {
        for shape in self.shapes(value) {
            let (place, shape) = match (&shape["items"], &shape["additionalProperties"]) {
                (Value::Object(_), _) => (format!("{place}[]"), &shape["items"]),
                (_, Value::Object(_)) => (format!("{place}.NAME"), &shape["additionalProperties"]),
                _ => (place.to_owned(), shape),
            };
            for shape in self.shapes(shape) {
                self.section(&code(&place), &place, shape);
            }
        }
    }

    /// The shapes a value may have, references followed.
    fn shapes(&self, value: &'s Value) -> Vec<&'s Value> {
        if let Some(name) = value["$ref"].as_str().and_then(|target| target.strip_prefix("#/$defs/")) {
            return self.shapes(&self.definitions[name]);
        }
        match value["anyOf"].as_array() {
            Some(shapes) => shapes.iter().flat_map(|shape| self.shapes(shape)).collect(),
            None => vec![value],
        }
    }

    /// What may stand there, in a few words.
    fn kind(&self, value: &'s Value) -> String {
        let shapes = self.shapes(value);
        let mut kinds: Vec<String> = shapes.iter().flat_map(|shape| kinds_of(shape)).collect();
        kinds.dedup();
        kinds.join(" or ")
    }

    /// The words to choose from, each with its meaning.
    fn choices(&self, value: &'s Value) -> String {
        let shapes = self.shapes(value);
        let choices = shapes.iter().filter_map(|shape| shape["oneOf"].as_array()).flatten();
        choices
            .filter_map(|choice| Some(format!(" `{}`: {}", choice["const"].as_str()?, text_of(choice))))
            .collect()
    }
}

fn kinds_of(shape: &Value) -> Vec<String> {
    if shape["oneOf"].is_array() {
        return vec!["a word".to_owned()];
    }
    let types = match &shape["type"] {
        Value::String(name) => vec![name.as_str()],
        types => types.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    let in_words = |name: &str| match name {
        "string" => Some("text".to_owned()),
        "array" => Some("list".to_owned()),
        "object" => Some("mapping".to_owned()),
        "integer" => Some(format!("number{}", bounds(shape))),
        _ => None,
    };
    types.into_iter().filter_map(in_words).collect()
}

fn bounds(shape: &Value) -> String {
    match (shape["minimum"].as_u64(), shape["maximum"].as_u64()) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) => format!(", {least} or more"),
        _ => String::new(),
    }
}

fn text_of(value: &Value) -> String {
    value["description"].as_str().unwrap_or_default().replace('\n', " ")
}
