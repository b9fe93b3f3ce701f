//! Whether a schema can be enforced as OpenAI's providers enforce it: every object is closed, and all its members are
//! required. Messages callers may leave members out, and are strict all the same.

use super::flaw::Flaw;
use super::loss::{Feature, Losses};
use super::prompt::Prompt;
use super::settings::OutputFormat;
use super::tool::ToolKind;
use crate::json::Item;

/// Schemas that hang on these names are looked at, too; deeper ones than this are not.
const DEPTH_MAX: usize = 64;
const OF_ONE: &[&str] = &["items", "not"];
const OF_LISTS: &[&str] = &["anyOf", "allOf", "oneOf", "prefixItems"];
const OF_NAMES: &[&str] = &["properties", "$defs", "definitions"];

impl Prompt {
    /// Gives strictness up where a provider that asks for it in OpenAI's way would refuse the schema. Only of callers who
    /// know another way: one who speaks as the provider does is told by the provider.
    pub fn relax_strictness(&mut self, losses: &mut Losses) -> Result<(), Flaw> {
        for tool in &mut self.tools {
            if let ToolKind::Function { schema } = &tool.kind
                && tool.is_strict == Some(true)
                && !can_be_enforced(schema)
            {
                losses.lose(Feature::StrictTool, &tool.path)?;
                tool.is_strict = Some(false);
            }
        }
        if let OutputFormat::JsonSchema { schema, is_strict, .. } = &mut self.format
            && *is_strict == Some(true)
            && !can_be_enforced(schema)
        {
            losses.lose(Feature::StrictTool, "output_config.format")?;
            *is_strict = Some(false);
        }
        Ok(())
    }
}

/// Whether strictness can be asked for with this schema.
fn can_be_enforced(schema: &str) -> bool {
    Item::of_body(schema.as_bytes()).is_ok_and(|item| is_enforceable(&item, 0))
}

fn is_enforceable(item: &Item<'_>, depth: usize) -> bool {
    if depth > DEPTH_MAX {
        return false;
    }
    let Ok(mut fields) = item.fields() else { return matches!(item.text(), "true" | "false") };
    let below = |item: &Item<'_>| is_enforceable(item, depth + 1);
    let mut names = Vec::new();
    for name in OF_NAMES {
        let Some(named) = fields.take(name) else { continue };
        let Ok(named) = named.fields() else { return false };
        for (member, item) in named.rest() {
            if !below(&item) {
                return false;
            }
            if *name == "properties" {
                names.push(member.into_owned());
            }
        }
    }
    let of_one = OF_ONE.iter().filter_map(|name| fields.take(name)).all(|item| below(&item));
    let of_lists = OF_LISTS.iter().filter_map(|name| fields.take(name));
    let of_lists = of_lists.map(|item| item.list().is_ok_and(|items| items.iter().all(below)));
    if !of_one || !of_lists.collect::<Vec<_>>().into_iter().all(|is_fine| is_fine) {
        return false;
    }
    let is_object =
        !names.is_empty() || fields.take("type").is_some_and(|kind| kind.text().contains("\"object\""));
    if !is_object {
        return true;
    }
    let is_closed = fields.take("additionalProperties").is_some_and(|item| item.text() == "false");
    let required: Vec<String> = fields
        .take("required")
        .and_then(|item| item.list().ok())
        .map(|items| items.iter().filter_map(|item| Some(item.string().ok()?.into_owned())).collect())
        .unwrap_or_default();
    is_closed && names.iter().all(|name| required.contains(name))
}

#[cfg(test)]
mod tests {
    use super::can_be_enforced;
    use crate::canonical::{Losses, OutputFormat, Prompt};

    #[test]
    fn a_schema_that_cannot_be_enforced_is_sent_without_strictness() {
        let format = |schema: &str| OutputFormat::JsonSchema {
            name: None,
            description: None,
            schema: schema.to_owned(),
            is_strict: Some(true),
        };
        let relaxed = |schema: &str, is_strict: bool| {
            let mut prompt = Prompt { format: format(schema), ..Prompt::default() };
            let mut losses = Losses::new(is_strict);
            prompt
                .relax_strictness(&mut losses)
                .map(|()| (prompt.format != format(schema), losses.warnings()))
        };
        let open = r#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#;
        assert_eq!(relaxed(r#"{"type":"string"}"#, true), Ok((false, Vec::new())));
        assert_eq!(relaxed(open, false), Ok((true, vec!["strict_dropped"])));
        assert!(relaxed(open, true).is_err(), "who wants nothing lost is told");
    }

    #[test]
    fn all_members_must_be_required_and_all_objects_closed() {
        let check = |schema: &str, expected: bool| assert_eq!(can_be_enforced(schema), expected, "{schema}");
        let closed = r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a","b"],"additionalProperties":false}"#;
        check(closed, true);
        check(r#"{"type":"string"}"#, true);
        check(&closed.replace(r#"["a","b"]"#, r#"["a"]"#), false);
        check(&closed.replace(r#","additionalProperties":false"#, ""), false);
        check(&format!(r#"{{"type":"array","items":{closed}}}"#), true);
        check(r#"{"type":"array","items":{"type":"object","properties":{"a":{}}}}"#, false);
        check(&format!(r#"{{"anyOf":[{closed},{{"type":"null"}}]}}"#), true);
        check(r#"{"anyOf":[{"type":"object"}]}"#, false);
        check(r##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"object"}}}"##, false);
        check("[]", false);
    }
}
