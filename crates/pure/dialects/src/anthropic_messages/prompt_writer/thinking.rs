//! Whether to think, and how hard, in the form that the model takes.

use crate::canonical::{
    Abilities, Effort, Feature, Flaw, Losses, Part, Prompt, Speaker, Thinking, ThinkingForm, ThinkingWish,
};
use crate::json::writer::object;

/// The least budget, and what must be left for the answer.
const BUDGET_TOKENS_MIN: u64 = 1024;
const PATH: &str = "thinking";
const SUMMARIZED: &str = "summarized";
const OMITTED: &str = "omitted";

/// What is sent.
#[derive(Default)]
pub(super) struct Chosen {
    /// `thinking`.
    pub(super) json: Option<String>,
    /// `output_config.effort`.
    pub(super) effort: Option<Effort>,
    /// The model is told to think.
    pub(super) is_on: bool,
}

pub(super) fn settle(
    prompt: &Prompt,
    abilities: &Abilities,
    cap: u64,
    losses: &mut Losses,
) -> Result<Chosen, Flaw> {
    let thinking = &prompt.thinking;
    if thinking.wish == Some(ThinkingWish::Off) || thinking.effort == Some(Effort::None) {
        return off(thinking, abilities, losses);
    }
    if thinking.wish.is_none() && thinking.effort.is_none() {
        return Ok(unasked(thinking, abilities));
    }
    let has_budget = matches!(thinking.wish, Some(ThinkingWish::Budget(_)));
    match abilities.thinking {
        ThinkingForm::None => {
            losses.lose(Feature::ThinkingWish, PATH)?;
            Ok(Chosen::default())
        }
        ThinkingForm::Effort => {
            let effort = effort(thinking, losses)?;
            Ok(Chosen { effort, ..Chosen::default() })
        }
        ThinkingForm::Unknown if has_budget => {
            let chosen = budget(prompt, cap, losses)?;
            let effort = thinking.effort.map(known).filter(|_| chosen.is_on);
            Ok(Chosen { effort, ..chosen })
        }
        ThinkingForm::Budget => budget(prompt, cap, losses),
        ThinkingForm::Adaptive | ThinkingForm::Unknown => {
            let effort = effort(thinking, losses)?;
            Ok(Chosen { effort, ..adaptive(thinking) })
        }
    }
}

fn off(thinking: &Thinking, abilities: &Abilities, losses: &mut Losses) -> Result<Chosen, Flaw> {
    let can_be_told = abilities.can_stop_thinking && abilities.thinking != ThinkingForm::Effort;
    if abilities.thinking == ThinkingForm::None {
        return Ok(Chosen::default());
    }
    if !can_be_told {
        losses.lose(Feature::ThinkingWish, PATH)?;
        return Ok(Chosen::default());
    }
    // Harder than that is refused without thinking.
    let effort = thinking.effort.filter(|effort| *effort != Effort::None);
    let effort = effort.map(|effort| known(effort).min(Effort::High));
    Ok(Chosen { json: Some(object(|o| o.text("type", "disabled"))), effort, is_on: false })
}

/// A model that always thinks is asked to tell of it: what it says between calls would be hidden otherwise.
fn unasked(thinking: &Thinking, abilities: &Abilities) -> Chosen {
    let always_thinks = abilities.thinking == ThinkingForm::Adaptive && !abilities.can_stop_thinking;
    if always_thinks { adaptive(thinking) } else { Chosen::default() }
}

fn adaptive(thinking: &Thinking) -> Chosen {
    let json = object(|o| {
        o.text("type", "adaptive");
        o.text("display", display(thinking).unwrap_or(SUMMARIZED));
    });
    Chosen { json: Some(json), effort: None, is_on: true }
}

fn display(thinking: &Thinking) -> Option<&'static str> {
    thinking.summary.as_ref().map(|summary| if summary == OMITTED { OMITTED } else { SUMMARIZED })
}

fn effort(thinking: &Thinking, losses: &mut Losses) -> Result<Option<Effort>, Flaw> {
    match (thinking.effort, thinking.wish) {
        (Some(effort), _) => Ok(Some(known(effort))),
        (None, Some(ThinkingWish::Budget(tokens))) => {
            losses.lose(Feature::ThinkingForm, PATH)?;
            Ok(Some(known(Effort::of_budget(tokens))))
        }
        (None, _) => Ok(None),
    }
}

/// The least effort that there is here is low.
fn known(effort: Effort) -> Effort {
    effort.max(Effort::Low)
}

fn budget(prompt: &Prompt, cap: u64, losses: &mut Losses) -> Result<Chosen, Flaw> {
    let thinking = &prompt.thinking;
    if cap <= BUDGET_TOKENS_MIN || is_amid_unsealed_calls(prompt) {
        losses.lose(Feature::ThinkingWish, PATH)?;
        return Ok(Chosen::default());
    }
    let wanted = match thinking.wish {
        Some(ThinkingWish::Budget(tokens)) => tokens,
        _ => thinking.effort.unwrap_or(Effort::Medium).budget_tokens(),
    };
    let most = cap.saturating_sub(BUDGET_TOKENS_MIN).max(BUDGET_TOKENS_MIN);
    let tokens = wanted.clamp(BUDGET_TOKENS_MIN, most);
    if thinking.wish != Some(ThinkingWish::Budget(tokens)) {
        losses.lose(Feature::ThinkingForm, PATH)?;
    }
    let json = object(|o| {
        o.text("type", "enabled");
        o.whole("budget_tokens", tokens);
        if let Some(display) = display(thinking) {
            o.text("display", display);
        }
    });
    Ok(Chosen { json: Some(json), effort: None, is_on: true })
}

/// Whether tools are answered whose calls no sealed thought stands before: with a budget, that is refused.
fn is_amid_unsealed_calls(prompt: &Prompt) -> bool {
    let [.., before, last] = prompt.turns.as_slice() else { return false };
    let answers = last.speaker == Speaker::User && matches!(last.parts.first(), Some(Part::Outcome(_)));
    let first = before.parts.iter().find(|part| match part {
        Part::Thought(thought) => thought.seal.is_some(),
        Part::Text(text) => !text.text.trim().is_empty(),
        _ => true,
    });
    answers && !matches!(first, Some(Part::Thought(_)))
}
