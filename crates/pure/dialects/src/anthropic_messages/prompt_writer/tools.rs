//! The tools.

use super::schema;
use crate::Dialect;
use crate::anthropic_messages::marks::Marks;
use crate::canonical::{
    Abilities, AnswerShape, Feature, Flaw, Losses, NO_PARAMETERS, Part, Prompt, Tool, ToolChoice, ToolKind,
    ToolNames,
};
use crate::json::writer::{ObjectWriter, object};
use crate::translator::{CUSTOM_TOOL_ARGUMENT, Written};

/// Writes each tool that may be called. Those that take plain text become functions with one.
pub(super) fn write(
    prompt: &Prompt,
    names: &ToolNames,
    shape: &AnswerShape,
    (abilities, marks): (&Abilities, &mut Marks),
    written: &mut Written,
    losses: &mut Losses,
) -> Result<Vec<String>, Flaw> {
    if !prompt.tools.is_empty() && !abilities.calls_tools {
        losses.lose(Feature::Tools, "tools")?;
        return Ok(Vec::new());
    }
    let mut tools = Vec::new();
    for tool in allowed(prompt, losses)? {
        let name = names.sent(&tool.name);
        let json = match &tool.kind {
            ToolKind::Function { schema } => function(name, tool, schema, marks, losses)?,
            ToolKind::Custom { format } => {
                losses.lose(Feature::CustomTool, &tool.path)?;
                written.wrapped_tools.push(name.to_owned());
                wrapped(name, tool, format.as_deref(), marks)
            }
            ToolKind::BuiltIn { dialect: Dialect::AnthropicMessages, json, .. } => json.clone(),
            ToolKind::BuiltIn { .. } => {
                losses.lose(Feature::BuiltInTool, &tool.path)?;
                continue;
            }
        };
        tools.push(json);
    }
    if prompt.tools.is_empty() {
        tools.extend(
            called(prompt, names).into_iter().map(|name| definition(name, None, NO_PARAMETERS, |_| {})),
        );
    }
    if let (AnswerShape::Tool(schema), Some(name)) = (shape, shape.tool()) {
        tools.push(definition(name, Some(AnswerShape::TOOL_PURPOSE), schema, |_| {}));
    }
    Ok(tools)
}

/// The tools of a choice; the others are left out, as there is no other way to say so.
fn allowed<'p>(prompt: &'p Prompt, losses: &mut Losses) -> Result<Vec<&'p Tool>, Flaw> {
    let Some(ToolChoice::Allowed { names, .. }) = &prompt.tool_choice else {
        return Ok(prompt.tools.iter().collect());
    };
    losses.lose(Feature::AllowedTools, "tool_choice")?;
    Ok(prompt.tools.iter().filter(|tool| names.contains(&tool.name)).collect())
}

/// The tools of a conversation whose caller names none any more: what was called must be declared.
fn called<'p>(prompt: &'p Prompt, names: &'p ToolNames) -> Vec<&'p str> {
    let mut called = Vec::new();
    for part in prompt.turns.iter().flat_map(|turn| &turn.parts) {
        if let Part::Call(call) = part
            && !called.contains(&names.sent(&call.name))
        {
            called.push(names.sent(&call.name));
        }
    }
    called
}

fn function(
    name: &str,
    tool: &Tool,
    schema: &str,
    marks: &mut Marks,
    losses: &mut Losses,
) -> Result<String, Flaw> {
    let schema = if schema.is_empty() { NO_PARAMETERS } else { schema };
    let wanted = tool.is_strict == Some(true);
    let strict = if wanted { schema::strict(schema) } else { None };
    if wanted && strict.is_none() {
        losses.lose(Feature::StrictTool, &tool.path)?;
    }
    let is_strict = strict.is_some();
    let sent = match strict {
        Some(strict) => strict,
        None => schema::object_root(schema).ok_or_else(|| {
            Flaw::new(
                &tool.path,
                format!("'{}' has parameters that are no JSON schema of an object", tool.path),
            )
        })?,
    };
    if sent.is_reduced {
        losses.lose(Feature::ToolSchema, &tool.path)?;
    }
    Ok(definition(name, tool.description.as_deref(), &sent.json, |o| {
        if is_strict {
            o.boolean("strict", true);
        }
        marks.write(tool.mark.as_ref(), o);
    }))
}

fn wrapped(name: &str, tool: &Tool, format: Option<&str>, marks: &mut Marks) -> String {
    let mut words = tool.description.clone().unwrap_or_default();
    if let Some(format) = format {
        let gap = if words.is_empty() { "" } else { "\n\n" };
        words = format!("{words}{gap}`{CUSTOM_TOOL_ARGUMENT}` is text of this format: {format}");
    }
    let schema = object(|o| {
        o.text("type", "object");
        o.object("properties", |o| {
            o.object(CUSTOM_TOOL_ARGUMENT, |o| o.text("type", "string"));
        });
        o.list("required", |l| l.text(CUSTOM_TOOL_ARGUMENT));
    });
    let words = (!words.is_empty()).then_some(words.as_str());
    definition(name, words, &schema, |o| marks.write(tool.mark.as_ref(), o))
}

fn definition(
    name: &str,
    description: Option<&str>,
    schema: &str,
    rest: impl FnOnce(&mut ObjectWriter<'_>),
) -> String {
    object(|o| {
        o.text("name", name);
        if let Some(description) = description {
            o.text("description", description);
        }
        o.raw("input_schema", schema);
        rest(o);
    })
}
