//! The tools and the choice among them.

use crate::Dialect;
use crate::canonical::{
    Abilities, AnswerShape, CallForce, Feature, Flaw, Losses, NO_PARAMETERS, Prompt, Tool, ToolChoice,
    ToolKind, ToolNames,
};
use crate::json::writer::object;
use crate::translator::{CUSTOM_TOOL_ARGUMENT, Written};

/// Writes each tool. Those that take plain text become functions with one: few hosts know them.
pub(super) fn write(
    prompt: &Prompt,
    names: &ToolNames,
    shape: &AnswerShape,
    abilities: &Abilities,
    written: &mut Written,
    losses: &mut Losses,
) -> Result<Vec<String>, Flaw> {
    if !prompt.tools.is_empty() && !abilities.calls_tools {
        losses.lose(Feature::Tools, "tools")?;
        return Ok(Vec::new());
    }
    let mut tools = Vec::new();
    for tool in &prompt.tools {
        if tool.mark.is_some() {
            losses.lose(Feature::CacheMarks, &tool.path)?;
        }
        let name = names.sent(&tool.name);
        match &tool.kind {
            ToolKind::Function { schema } => tools.push(function(name, tool, schema)),
            ToolKind::Custom { format } => {
                losses.lose(Feature::CustomTool, &tool.path)?;
                written.wrapped_tools.push(name.to_owned());
                tools.push(wrapped(name, tool, format.as_deref()));
            }
            ToolKind::BuiltIn { dialect: Dialect::OpenAiChat, json, .. } => tools.push(json.clone()),
            ToolKind::BuiltIn { .. } => losses.lose(Feature::BuiltInTool, &tool.path)?,
        }
    }
    if let (AnswerShape::Tool(schema), Some(name)) = (shape, shape.tool()) {
        tools.push(definition(name, Some(AnswerShape::TOOL_PURPOSE), schema, None));
    }
    Ok(tools)
}

fn function(name: &str, tool: &Tool, schema: &str) -> String {
    let schema = if schema.is_empty() { NO_PARAMETERS } else { schema };
    definition(name, tool.description.as_deref(), schema, tool.is_strict)
}

fn wrapped(name: &str, tool: &Tool, format: Option<&str>) -> String {
    let mut words = tool.description.clone().unwrap_or_default();
    if let Some(format) = format {
        let gap = if words.is_empty() { "" } else { "\n\n" };
        words = format!("{words}{gap}The text of `{CUSTOM_TOOL_ARGUMENT}` must fit this format: {format}");
    }
    let schema = format!(
        "{{\"type\":\"object\",\"properties\":{{\"{CUSTOM_TOOL_ARGUMENT}\":{{\"type\":\"string\"}}}},\
         \"required\":[\"{CUSTOM_TOOL_ARGUMENT}\"],\"additionalProperties\":false}}"
    );
    definition(name, (!words.is_empty()).then_some(words.as_str()), &schema, None)
}

fn definition(name: &str, description: Option<&str>, schema: &str, is_strict: Option<bool>) -> String {
    object(|o| {
        o.text("type", "function");
        o.object("function", |o| {
            o.text("name", name);
            if let Some(description) = description {
                o.text("description", description);
            }
            o.raw("parameters", schema);
            if let Some(is_strict) = is_strict {
                o.boolean("strict", is_strict);
            }
        });
    })
}

/// The choice among tools as it is sent.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) json: Option<String>,
    pub(super) may_call_in_parallel: Option<bool>,
    /// What is said to the model where it cannot be forced.
    pub(super) words: Option<String>,
}

pub(super) fn choice(
    prompt: &Prompt,
    names: &ToolNames,
    abilities: &Abilities,
    losses: &mut Losses,
) -> Result<Choice, Flaw> {
    if prompt.tools.is_empty() {
        return Ok(Choice::default());
    }
    let mut choice = Choice { may_call_in_parallel: prompt.may_call_in_parallel, ..Choice::default() };
    if choice.may_call_in_parallel.is_some() && !abilities.has_parallel_switch {
        if choice.may_call_in_parallel == Some(false) {
            losses.lose(Feature::ParallelSwitch, "parallel_tool_calls")?;
        }
        choice.may_call_in_parallel = None;
    }
    let text = |word: &str| Some(format!("\"{word}\""));
    let force = abilities.call_force;
    let mut degrade = |words: String| {
        losses.lose(Feature::ForcedCall, "tool_choice")?;
        Ok(Some(words))
    };
    match &prompt.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => choice.json = text("auto"),
        Some(ToolChoice::None) => choice.json = text("none"),
        Some(ToolChoice::Required) if force == CallForce::None => {
            choice.words = degrade("Answer with a call of one of the functions.".to_owned())?;
        }
        Some(ToolChoice::Required) => choice.json = text("required"),
        Some(ToolChoice::Named(name)) if force != CallForce::Full => {
            choice.words = degrade(format!("Answer with a call of the function {}.", names.sent(name)))?;
            choice.json = if force == CallForce::RequiredOnly { text("required") } else { None };
        }
        Some(ToolChoice::Named(name)) => choice.json = Some(named(names.sent(name))),
        Some(ToolChoice::Allowed { is_required, names: allowed }) => {
            choice.json = Some(allowed_tools(*is_required, allowed.iter().map(|name| names.sent(name))));
        }
    }
    Ok(choice)
}

/// That this function must be called.
pub(super) fn named(name: &str) -> String {
    object(|o| {
        o.text("type", "function");
        o.object("function", |o| o.text("name", name));
    })
}

fn allowed_tools<'n>(is_required: bool, names: impl Iterator<Item = &'n str>) -> String {
    object(|o| {
        o.text("type", "allowed_tools");
        o.object("allowed_tools", |o| {
            o.text("mode", if is_required { "required" } else { "auto" });
            o.list("tools", |l| names.for_each(|name| l.raw(&named(name))));
        });
    })
}
