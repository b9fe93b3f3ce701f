//! Edits of the wish for thought: callers say `reasoning_effort`, hosts have words of their own. Where a caller uses the
//! host's own words, they stay.

use dialects::canonical::{Effort, Feature, Flaw, Losses};
use dialects::json::writer::object;

use super::ReasoningForm;
use super::object::Object;

const EFFORT: &str = "reasoning_effort";

fn asked(top: &Object<'_>) -> Option<Effort> {
    Effort::named(&top.text(EFFORT)?)
}

/// Brings the effort to the nearest that the host knows, rather more than less.
pub(super) fn limit_effort(top: &mut Object<'_>, known: &[Effort], losses: &mut Losses) -> Result<(), Flaw> {
    let Some(effort) = asked(top).filter(|effort| !known.contains(effort)) else { return Ok(()) };
    // Not to think at all is another wish than to think little.
    if effort == Effort::None {
        return Ok(());
    }
    let above = known.iter().copied().filter(|known| *known > effort).min();
    let Some(nearest) = above.or_else(|| known.iter().copied().max()) else { return Ok(()) };
    losses.lose(Feature::ThinkingForm, EFFORT)?;
    top.set(EFFORT, format!("\"{}\"", nearest.name()));
    Ok(())
}

/// Says the effort in the host's own form.
pub(super) fn put(top: &mut Object<'_>, form: ReasoningForm, losses: &mut Losses) -> Result<(), Flaw> {
    let Some(effort) = asked(top) else { return Ok(()) };
    let is_off = effort == Effort::None;
    let kind = |on: &str| object(|o| o.text("type", if is_off { "disabled" } else { on }));
    match form {
        ReasoningForm::ThinkingType => {
            set_unless_given(top, "thinking", kind("enabled"));
            top.remove(EFFORT);
        }
        ReasoningForm::ThinkingAdaptive => {
            set_unless_given(top, "thinking", kind("adaptive"));
            top.remove(EFFORT);
        }
        ReasoningForm::ThinkingTypeAndEffort => {
            set_unless_given(top, "thinking", kind("enabled"));
            if is_off {
                top.remove(EFFORT);
            }
        }
        ReasoningForm::EnableThinking => {
            set_unless_given(top, "enable_thinking", (!is_off).to_string());
            if !is_off {
                set_unless_given(top, "thinking_budget", effort.budget_tokens().to_string());
            }
            top.remove(EFFORT);
        }
        ReasoningForm::ReasoningObject => {
            set_unless_given(top, "reasoning", object(|o| o.text("effort", effort.name())));
            top.remove(EFFORT);
        }
        ReasoningForm::None => {
            losses.lose(Feature::ThinkingWish, EFFORT)?;
            top.remove(EFFORT);
            return Ok(());
        }
    }
    losses.lose(Feature::ThinkingForm, EFFORT)
}

fn set_unless_given(top: &mut Object<'_>, name: &'static str, json: String) {
    if top.get(name).is_none() {
        top.set(name, json);
    }
}
