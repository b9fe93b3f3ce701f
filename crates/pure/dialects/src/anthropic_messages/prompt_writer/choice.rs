//! Whether a tool must be called, and how many at once.

use crate::canonical::{Abilities, CallForce, Feature, Flaw, Losses, Prompt, ToolChoice, ToolNames};
use crate::json::writer::object;

const PATH: &str = "tool_choice";

/// The choice as it is sent.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) json: Option<String>,
    /// What is said to the model where it cannot be forced.
    pub(super) words: Option<String>,
}

/// What is asked for, brought to what the model can be told. While it thinks it cannot be forced.
pub(super) fn choose(
    prompt: &Prompt,
    names: &ToolNames,
    abilities: &Abilities,
    is_thinking: bool,
    losses: &mut Losses,
) -> Result<Choice, Flaw> {
    if prompt.tools.is_empty() {
        // What was called must be declared, but nobody gave it to be called again.
        let json = prompt.has_calls().then(|| written("none", None, false));
        return Ok(Choice { json, words: None });
    }
    let is_single = is_single(prompt, abilities, losses)?;
    let force = if is_thinking { CallForce::None } else { abilities.call_force };
    let mut words = None;
    let mut degrade = |said: String| {
        words = Some(said);
        losses.lose(Feature::ForcedCall, PATH)
    };
    let (kind, name) = match &prompt.tool_choice {
        None if !is_single => return Ok(Choice::default()),
        None | Some(ToolChoice::Auto | ToolChoice::Allowed { is_required: false, .. }) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Required | ToolChoice::Allowed { is_required: true, .. }) => {
            if force == CallForce::None {
                degrade("Answer by calling one of the tools.".to_owned())?;
                ("auto", None)
            } else {
                ("any", None)
            }
        }
        Some(ToolChoice::Named(name)) => {
            let name = names.sent(name);
            if force == CallForce::Full {
                ("tool", Some(name))
            } else {
                degrade(format!("Answer by calling the tool `{name}`."))?;
                (if force == CallForce::None { "auto" } else { "any" }, None)
            }
        }
    };
    Ok(Choice { json: Some(written(kind, name, is_single && kind != "none")), words })
}

/// That this tool must be called.
pub(super) fn forced(name: &str, is_single: bool) -> String {
    written("tool", Some(name), is_single)
}

fn is_single(prompt: &Prompt, abilities: &Abilities, losses: &mut Losses) -> Result<bool, Flaw> {
    let is_wanted = prompt.may_call_in_parallel == Some(false);
    if is_wanted && !abilities.has_parallel_switch {
        losses.lose(Feature::ParallelSwitch, "parallel_tool_calls")?;
    }
    Ok(is_wanted && abilities.has_parallel_switch)
}

fn written(kind: &str, name: Option<&str>, is_single: bool) -> String {
    object(|o| {
        o.text("type", kind);
        if let Some(name) = name {
            o.text("name", name);
        }
        if is_single {
            o.boolean("disable_parallel_tool_use", true);
        }
    })
}
