//! The tools, and which of them must be called.

use super::members::Members;
use crate::canonical::{
    Abilities, CallForce, Feature, Flaw, Losses, NO_PARAMETERS, Prompt, Tool, ToolChoice, ToolKind, ToolNames,
};
use crate::json::writer::{ListWriter, ObjectWriter, compact, list, object};
use crate::openai_responses::names;

/// Writes `tools` and what goes with them.
pub(super) fn write_tools(
    prompt: &Prompt,
    tool_names: &ToolNames,
    abilities: &Abilities,
    losses: &mut Losses,
) -> Result<Members, Flaw> {
    let Some(first) = prompt.tools.first() else { return Ok(Members::new()) };
    if !abilities.calls_tools {
        losses.lose(Feature::Tools, &first.path)?;
    }
    if prompt.tools.iter().any(|tool| tool.mark.is_some()) {
        losses.lose(Feature::CacheMarks, "tools")?;
    }
    let tools = list(|list| write_list_of(list, &prompt.tools, tool_names));
    let mut members = vec![("tools".to_owned(), tools)];
    if let Some(choice) = &prompt.tool_choice {
        let choice = possible(choice, abilities, losses)?;
        members.push(("tool_choice".to_owned(), write_choice(&choice, prompt, tool_names)));
    }
    match prompt.may_call_in_parallel {
        Some(false) if !abilities.has_parallel_switch => {
            losses.lose(Feature::ParallelSwitch, "parallel_tool_calls")?;
        }
        Some(may) => members.push(("parallel_tool_calls".to_owned(), may.to_string())),
        None => {}
    }
    Ok(members)
}

/// Neighbours of one group are written as a group.
fn write_list_of(list: &mut ListWriter<'_>, tools: &[Tool], tool_names: &ToolNames) {
    let group_of = |tool: &Tool| names::split(&tool.name).0.map(str::to_owned);
    for neighbours in tools.chunk_by(|left, right| group_of(left) == group_of(right)) {
        let Some(group) = group_of(&neighbours[0]) else {
            neighbours.iter().for_each(|tool| write_tool(list, tool, tool_names.sent(&tool.name)));
            continue;
        };
        list.object(|o| {
            o.text("type", "namespace");
            o.text("name", &group);
            o.text("description", "");
            o.list("tools", |list| {
                neighbours.iter().for_each(|tool| write_tool(list, tool, names::split(&tool.name).1));
            });
        });
    }
}

fn write_tool(list: &mut ListWriter<'_>, tool: &Tool, name: &str) {
    let named = |o: &mut ObjectWriter<'_>, kind: &str| {
        o.text("type", kind);
        o.text("name", name);
        if let Some(description) = &tool.description {
            o.text("description", description);
        }
    };
    match &tool.kind {
        ToolKind::Function { schema } => list.object(|o| {
            named(o, "function");
            o.raw("parameters", if schema.is_empty() { NO_PARAMETERS } else { schema });
            // What is left out is read as strict.
            o.boolean("strict", tool.is_strict.unwrap_or(false));
        }),
        ToolKind::Custom { format } => list.object(|o| {
            named(o, "custom");
            if let Some(format) = format {
                o.raw("format", &compact(format));
            }
        }),
        ToolKind::BuiltIn { json, .. } => list.raw(json),
    }
}

/// What of a choice the model takes.
fn possible(choice: &ToolChoice, abilities: &Abilities, losses: &mut Losses) -> Result<ToolChoice, Flaw> {
    let is_too_much = match choice {
        ToolChoice::Auto | ToolChoice::None => false,
        ToolChoice::Required => abilities.call_force == CallForce::None,
        ToolChoice::Named(_) => abilities.call_force != CallForce::Full,
        ToolChoice::Allowed { is_required, .. } => *is_required && abilities.call_force == CallForce::None,
    };
    if !is_too_much {
        return Ok(choice.clone());
    }
    losses.lose(Feature::ForcedCall, "tool_choice")?;
    Ok(match choice {
        ToolChoice::Allowed { names, .. } => ToolChoice::Allowed { is_required: false, names: names.clone() },
        _ if abilities.call_force == CallForce::RequiredOnly => ToolChoice::Required,
        _ => ToolChoice::Auto,
    })
}

fn write_choice(choice: &ToolChoice, prompt: &Prompt, tool_names: &ToolNames) -> String {
    let pointer = |name: &str| {
        let known = prompt.tools.iter().find(|tool| tool.name == name);
        object(|o| match known.map(|tool| &tool.kind) {
            Some(ToolKind::BuiltIn { kind, .. }) => o.text("type", kind),
            kind => {
                let is_custom = matches!(kind, Some(ToolKind::Custom { .. }));
                o.text("type", if is_custom { "custom" } else { "function" });
                match names::split(name) {
                    (Some(group), name) => {
                        o.text("namespace", group);
                        o.text("name", name);
                    }
                    (None, name) => o.text("name", tool_names.sent(name)),
                }
            }
        })
    };
    match choice {
        ToolChoice::Auto => "\"auto\"".to_owned(),
        ToolChoice::None => "\"none\"".to_owned(),
        ToolChoice::Required => "\"required\"".to_owned(),
        ToolChoice::Named(name) => pointer(name),
        ToolChoice::Allowed { is_required, names } => object(|o| {
            o.text("type", "allowed_tools");
            o.text("mode", if *is_required { "required" } else { "auto" });
            o.list("tools", |list| names.iter().for_each(|name| list.raw(&pointer(name))));
        }),
    }
}
