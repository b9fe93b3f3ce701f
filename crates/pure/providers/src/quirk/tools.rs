//! Edits of the tools and of the choice among them.

use dialects::canonical::{Feature, Flaw, Losses};
use dialects::json::Item;
use dialects::json::writer::{write_list, write_object};

use super::ToolChoices;
use super::draft::Draft;
use super::object::{Object, item_of};
use super::settings::message;

const CHOICE: &str = "tool_choice";
const FUNCTION: &str = "function";
/// Members of a schema that hold one schema, or a list of them.
const HOLD_SCHEMAS: &[&str] =
    &["items", "additionalProperties", "prefixItems", "anyOf", "oneOf", "allOf", "not", "if", "then", "else"];
/// Members of a schema that hold schemas by name.
const HOLD_NAMED_SCHEMAS: &[&str] = &["properties", "$defs", "definitions", "patternProperties"];
/// Schemas in schemas are followed so far.
const DEPTH_MAX: usize = 64;

/// What is asked of the choice among tools.
enum Choice {
    None,
    Required,
    Named(String),
    Allowed { is_required: bool, names: Vec<String> },
    Other,
}

/// Brings `tool_choice` to a kind that the host takes. What can no longer be forced is asked for in words.
pub(super) fn choose(draft: &mut Draft<'_>, taken: ToolChoices, losses: &mut Losses) -> Result<(), Flaw> {
    let Some(choice) = draft.top.get(CHOICE).and_then(|json| item_of(json, CHOICE)) else { return Ok(()) };
    match read(&choice)? {
        Choice::None if !taken.none => {
            // Without tools none can be called; but a host wants to see those that were.
            let has_calls = draft.messages()?.iter().any(|message| message.get("tool_calls").is_some());
            draft.top.remove(CHOICE);
            if has_calls {
                losses.lose(Feature::ForcedCall, CHOICE)?;
            } else {
                draft.remove_tools();
            }
        }
        Choice::Required if !taken.required => {
            degrade(draft, "Answer with a call of one of the functions.", losses)?;
        }
        Choice::Named(name) if !taken.named => {
            degrade(draft, &format!("Answer with a call of the function {name}."), losses)?;
        }
        Choice::Allowed { is_required, names } => {
            losses.lose(Feature::AllowedTools, CHOICE)?;
            draft.tools()?.retain(|tool| name_of(tool).is_some_and(|name| names.contains(&name)));
            draft.top.remove(CHOICE);
            if is_required {
                draft.top.set(CHOICE, "\"required\"".to_owned());
                return choose(draft, taken, losses);
            }
        }
        Choice::None | Choice::Required | Choice::Named(_) | Choice::Other => {}
    }
    Ok(())
}

fn read(choice: &Item<'_>) -> Result<Choice, Flaw> {
    if choice.is_text() {
        return Ok(match choice.string()?.as_ref() {
            "none" => Choice::None,
            "required" | "any" => Choice::Required,
            _ => Choice::Other,
        });
    }
    let mut fields = choice.fields()?;
    let kind = fields.string("type")?.unwrap_or_default();
    Ok(match kind.as_ref() {
        "function" => match fields.fields("function")? {
            Some(mut function) => Choice::Named(function.string("name")?.unwrap_or_default().into_owned()),
            None => Choice::Other,
        },
        "allowed_tools" => match fields.fields("allowed_tools")? {
            Some(mut allowed) => Choice::Allowed {
                is_required: allowed.string("mode")?.is_some_and(|mode| mode == "required"),
                names: allowed.list("tools")?.unwrap_or_default().iter().filter_map(name_in).collect(),
            },
            None => Choice::Other,
        },
        _ => Choice::Other,
    })
}

/// The name of a function in a tool's definition.
fn name_of(tool: &Object<'_>) -> Option<String> {
    let function = item_of(tool.get(FUNCTION)?, FUNCTION)?;
    Some(function.fields().ok()?.string("name").ok()??.into_owned())
}

/// The name of a function in a list of those allowed.
fn name_in(tool: &Item<'_>) -> Option<String> {
    let mut function = tool.fields().ok()?.fields(FUNCTION).ok()??;
    Some(function.string("name").ok()??.into_owned())
}

fn degrade(draft: &mut Draft<'_>, words: &str, losses: &mut Losses) -> Result<(), Flaw> {
    losses.lose(Feature::ForcedCall, CHOICE)?;
    draft.top.remove(CHOICE);
    draft.messages()?.push(message("user", words));
    Ok(())
}

/// Leaves `strict` of tools out; it is a loss only where it was wanted.
pub(super) fn drop_strict(tools: &mut [Object<'_>], losses: &mut Losses) -> Result<(), Flaw> {
    for (place, tool) in tools.iter_mut().enumerate() {
        tool.edit(FUNCTION, |function| {
            if function.get("strict") == Some("true") {
                losses.lose(Feature::StrictTool, &format!("tools[{place}].function.strict"))?;
            }
            function.remove("strict");
            Ok(())
        })?;
    }
    Ok(())
}

/// Leaves an annotation out of the schemas of tools. It says nothing about what fits, so nothing is lost.
pub(super) fn drop_annotation(tools: &mut [Object<'_>], name: &str) -> Result<(), Flaw> {
    for tool in tools {
        tool.edit(FUNCTION, |function| {
            let schema = function.get("parameters").and_then(|schema| without(schema, name, DEPTH_MAX));
            if let Some(schema) = schema {
                function.set("parameters", schema);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The schema without the annotation, or `None` where it has none.
fn without(schema: &str, name: &str, depth: usize) -> Option<String> {
    // What is not written without escapes cannot stand there.
    if depth == 0 || !schema.contains(name) {
        return None;
    }
    let item = item_of(schema, "")?;
    if item.is_list() {
        return list_without(&item, name, depth);
    }
    if !item.is_object() {
        return None;
    }
    let mut is_changed = false;
    let mut members = Vec::new();
    for (key, raw) in item.fields().ok()?.members() {
        if key == name {
            is_changed = true;
            continue;
        }
        let inner = if HOLD_SCHEMAS.contains(&key.as_ref()) {
            without(raw.get(), name, depth - 1)
        } else if HOLD_NAMED_SCHEMAS.contains(&key.as_ref()) {
            named_without(raw.get(), name, depth - 1)
        } else {
            None
        };
        is_changed |= inner.is_some();
        members.push((key, inner.unwrap_or_else(|| raw.get().to_owned())));
    }
    is_changed.then(|| written(&members))
}

fn list_without(list: &Item<'_>, name: &str, depth: usize) -> Option<String> {
    let entries = list.list().ok()?;
    let inner: Vec<_> = entries.iter().map(|entry| without(entry.text(), name, depth - 1)).collect();
    inner.iter().any(Option::is_some).then(|| {
        let mut out = String::new();
        write_list(&mut out, |l| {
            entries.iter().zip(&inner).for_each(|(entry, new)| l.raw(new.as_deref().unwrap_or(entry.text())));
        });
        out
    })
}

/// The same for schemas by name: there a name is a field's, and no annotation.
fn named_without(schemas: &str, name: &str, depth: usize) -> Option<String> {
    if depth == 0 {
        return None;
    }
    let mut is_changed = false;
    let mut members = Vec::new();
    for (key, raw) in item_of(schemas, "")?.fields().ok()?.members() {
        let inner = without(raw.get(), name, depth - 1);
        is_changed |= inner.is_some();
        members.push((key, inner.unwrap_or_else(|| raw.get().to_owned())));
    }
    is_changed.then(|| written(&members))
}

fn written(members: &[(std::borrow::Cow<'_, str>, String)]) -> String {
    let mut out = String::new();
    write_object(&mut out, |o| members.iter().for_each(|(key, json)| o.raw(key, json)));
    out
}
