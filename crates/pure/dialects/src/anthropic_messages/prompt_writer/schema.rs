//! Schemas as this dialect takes them. What a strict schema may not say is told to the model in its description.

use std::collections::HashSet;

use crate::json::Item;
use crate::json::writer::{ObjectWriter, list, object};

/// A schema, as it is sent.
pub(super) struct Sent {
    pub(super) json: String,
    /// Something of it is only told in words.
    pub(super) is_reduced: bool,
}

/// Words that stay as they are in a strict schema.
const KEPT: &[&str] = &["type", "enum", "const", "title", "required", "default"];
/// Words that tell the model nothing.
const IDLE: &[&str] = &["$schema", "$id", "$comment"];
const FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];
/// Words that may not stand at the top of the schema of a tool.
const CHOICES: &[&str] = &["anyOf", "oneOf", "allOf"];
/// Where schemas refer to each other, they stand under these names.
const DEFINITIONS: &[&str] = &["$defs", "definitions"];

/// The schema of a tool, an object at its top. `None` if it is none.
pub(super) fn object_root(schema: &str) -> Option<Sent> {
    let mut fields = Item::of_body(schema.as_bytes()).ok()?.fields().ok()?;
    let kind = fields.take("type");
    if kind.as_ref().is_some_and(|kind| kind.text() != "\"object\"") {
        return None;
    }
    let choices: Vec<_> = CHOICES.iter().filter_map(|name| Some((*name, fields.take(name)?))).collect();
    if kind.is_some() && choices.is_empty() {
        return Some(Sent { json: schema.to_owned(), is_reduced: false });
    }
    let mut notes = Notes::default();
    choices.iter().for_each(|(name, item)| notes.add(name, item.text()));
    let description = fields.take("description");
    let json = object(|o| {
        o.text("type", "object");
        fields.members().for_each(|(name, raw)| o.raw(&name, raw.get()));
        notes.describe(description.and_then(|item| item.string().ok()).as_deref(), o);
    });
    Some(Sent { json, is_reduced: !choices.is_empty() })
}

/// A strict schema: objects are closed, and what cannot be enforced is told in words. `None` if too little would be left.
pub(super) fn strict(schema: &str) -> Option<Sent> {
    let item = Item::of_body(schema.as_bytes()).ok()?;
    let mut strict = Strict::default();
    let json = strict.schema(&item)?;
    (!strict.goes_round()).then_some(Sent { json, is_reduced: strict.is_reduced })
}

#[derive(Default)]
struct Strict {
    is_reduced: bool,
    /// Within which definition something is read.
    within: Option<String>,
    /// Which definition refers to which.
    references: Vec<(String, String)>,
}

impl Strict {
    fn schema(&mut self, item: &Item<'_>) -> Option<String> {
        let fields = item.fields().ok()?;
        let mut kept: Vec<(String, String)> = Vec::new();
        let mut notes = Notes::default();
        let mut description = None;
        let mut is_closed = None;
        for (name, raw) in fields.members() {
            let item = Item::at(raw, "");
            let json = match name.as_ref() {
                name if IDLE.contains(&name) => continue,
                name if KEPT.contains(&name) => item.text().to_owned(),
                "description" => {
                    description = Some(item.string().ok()?.into_owned());
                    continue;
                }
                "$ref" => self.reference(&item)?,
                name if name == "properties" || DEFINITIONS.contains(&name) => self.named(&item, name)?,
                "items" => self.schema(&item)?,
                "anyOf" | "allOf" | "oneOf" => self.list(&item)?,
                "additionalProperties" => {
                    is_closed = Some(item.text() == "false");
                    continue;
                }
                "format" if FORMATS.contains(&item.string().ok()?.as_ref()) => item.text().to_owned(),
                "minItems" if matches!(item.text(), "0" | "1") => item.text().to_owned(),
                name => {
                    notes.add(name, item.text());
                    continue;
                }
            };
            // Of several that may fit, exactly one must: nobody sees to that.
            self.is_reduced |= name == "oneOf";
            let name = if name == "oneOf" { "anyOf".into() } else { name.into_owned() };
            kept.push((name, json));
        }
        self.is_reduced |= !notes.0.is_empty();
        let has_properties = kept.iter().any(|(name, json)| name == "properties" && json != "{}");
        let is_object = kept.iter().any(|(name, json)| name == "type" && json.contains("\"object\""));
        // Closed, an object of free members could only be empty.
        if !is_closed.unwrap_or(!is_object || has_properties) {
            return None;
        }
        Some(object(|o| {
            kept.iter().for_each(|(name, json)| o.raw(name, json));
            if is_object || has_properties {
                o.boolean("additionalProperties", false);
            }
            notes.describe(description.as_deref(), o);
        }))
    }

    fn named(&mut self, item: &Item<'_>, kind: &str) -> Option<String> {
        let mut schemas = Vec::new();
        for (name, item) in item.fields().ok()?.rest() {
            if DEFINITIONS.contains(&kind) {
                self.within = Some(name.clone().into_owned());
            }
            schemas.push((name, self.schema(&item)?));
        }
        if DEFINITIONS.contains(&kind) {
            self.within = None;
        }
        Some(object(|o| schemas.iter().for_each(|(name, json)| o.raw(name, json))))
    }

    fn list(&mut self, item: &Item<'_>) -> Option<String> {
        let items = item.list().ok()?;
        let schemas: Option<Vec<String>> = items.iter().map(|item| self.schema(item)).collect();
        let schemas = schemas?;
        Some(list(|l| schemas.iter().for_each(|schema| l.raw(schema))))
    }

    /// A reference to a definition of the same schema.
    fn reference(&mut self, item: &Item<'_>) -> Option<String> {
        let target = item.string().ok()?;
        let name = DEFINITIONS
            .iter()
            .find_map(|at| target.strip_prefix("#/")?.strip_prefix(at)?.strip_prefix('/'))?;
        if let Some(within) = &self.within {
            self.references.push((within.clone(), name.to_owned()));
        }
        Some(item.text().to_owned())
    }

    /// Whether a definition leads to itself, which is refused.
    fn goes_round(&self) -> bool {
        self.references.iter().any(|(start, first)| {
            let (mut seen, mut next) = (HashSet::new(), vec![first]);
            while let Some(name) = next.pop() {
                if name == start {
                    return true;
                }
                if seen.insert(name) {
                    next.extend(self.references.iter().filter(|(from, _)| from == name).map(|(_, to)| to));
                }
            }
            false
        })
    }
}

/// What is told in words.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn add(&mut self, name: &str, json: &str) {
        self.0.push(format!("{name}: {json}"));
    }

    fn describe(&self, description: Option<&str>, o: &mut ObjectWriter<'_>) {
        let mut words = description.unwrap_or_default().to_owned();
        if !self.0.is_empty() {
            let gap = if words.is_empty() { "" } else { "\n\n" };
            words = format!("{words}{gap}{{{}}}", self.0.join(", "));
        }
        if !words.is_empty() {
            o.text("description", &words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{object_root, strict};

    #[test]
    fn a_tool_takes_an_object() {
        let check = |schema: &str, expected: Option<(&str, bool)>| {
            let found = object_root(schema).map(|sent| (sent.json, sent.is_reduced));
            assert_eq!(
                found.as_ref().map(|(json, is_reduced)| (json.as_str(), *is_reduced)),
                expected,
                "{schema}"
            );
        };
        let sound = r#"{ "type":"object","properties":{"b":{"minimum":1e-7},"a":{}} }"#;
        check(sound, Some((sound, false)));
        check("{}", Some((r#"{"type":"object"}"#, false)));
        check(r#"{"properties":{}}"#, Some((r#"{"type":"object","properties":{}}"#, false)));
        check(
            r#"{"type":"object","anyOf":[{"required":["a"]}],"description":"d"}"#,
            Some((r#"{"type":"object","description":"d\n\n{anyOf: [{\"required\":[\"a\"]}]}"}"#, true)),
        );
        check(r#"{"type":"array"}"#, None);
        check("[]", None);
        check("nonsense", None);
    }

    #[test]
    fn a_strict_schema_is_closed_and_tells_the_rest() {
        let check = |schema: &str, expected: &str, is_reduced: bool| {
            let sent = strict(schema).unwrap();
            assert_eq!((sent.json.as_str(), sent.is_reduced), (expected, is_reduced), "{schema}");
        };
        check(
            r#"{"$schema":"x","type":"object","properties":{"b":{"type":"string","format":"date"},"a":{"type":["integer","null"]}},"required":["b","a"]}"#,
            r#"{"type":"object","properties":{"b":{"type":"string","format":"date"},"a":{"type":["integer","null"]}},"required":["b","a"],"additionalProperties":false}"#,
            false,
        );
        check(
            r#"{"type":"array","minItems":2,"maxItems":5,"description":"d","items":{"type":"number"}}"#,
            r#"{"type":"array","items":{"type":"number"},"description":"d\n\n{minItems: 2, maxItems: 5}"}"#,
            true,
        );
        check(
            r#"{"type":"array","minItems":1,"items":{"enum":[1]}}"#,
            r#"{"type":"array","minItems":1,"items":{"enum":[1]}}"#,
            false,
        );
        check(r#"{"oneOf":[{"type":"null"}]}"#, r#"{"anyOf":[{"type":"null"}]}"#, true);
        check(
            r##"{"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/B"},"B":{"type":"null"}}}"##,
            r##"{"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/B"},"B":{"type":"null"}}}"##,
            false,
        );
    }

    #[test]
    fn what_cannot_be_closed_is_not_made_strict() {
        for schema in [
            r#"{"type":"object"}"#,
            r#"{"type":"object","properties":{"a":{"type":"object","additionalProperties":{"type":"string"}}}}"#,
            r#"{"type":"object","properties":{"a":{"type":"null"}},"additionalProperties":true}"#,
            r##"{"type":"object","properties":{"next":{"$ref":"#"}}}"##,
            r##"{"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/B"},"B":{"$ref":"#/$defs/A"}}}"##,
            r#"{"$ref":"https://a.example/schema.json"}"#,
            r#"{"type":"array","items":true}"#,
        ] {
            assert!(strict(schema).is_none(), "{schema}");
        }
    }
}
