//! Checks of thinking: what is asked for, and that what comes back is what was once issued.

use serde_json::Value;

use crate::ask::Ask;
use crate::messages::block::{Turn, prefix};
use crate::messages::refuse::{Checked, demand, invalid};
use crate::seal::{self, Bound, Broken};

const BUDGET_TOKENS_MIN: u64 = 1_024;
/// Least `top_p` beside thinking.
const TOP_P_MIN: f64 = 0.95;

/// Checks a request's thinking.
pub(super) fn check_thinking(body: &Value, turns: &[Turn], ask: &Ask<'_>) -> Checked {
    let thinking = &body["thinking"];
    let kind = thinking["type"].as_str();
    let is_known = matches!(kind, Some("enabled" | "adaptive" | "between_tools" | "disabled"));
    demand(thinking.is_null() || is_known, || {
        format!("thinking: Input tag {} is unknown", thinking["type"])
    })?;
    if matches!(kind, Some("enabled" | "adaptive")) {
        check_beside(body)?;
    }
    if kind == Some("enabled") {
        check_budget(body)?;
        check_last_turn(turns)?;
    }
    check_seals(body, turns, ask)
}

fn check_budget(body: &Value) -> Checked {
    let budget = body["thinking"]["budget_tokens"].as_u64();
    demand(budget.is_some(), || "thinking.enabled.budget_tokens: Field required".to_owned())?;
    let budget = budget.unwrap_or_default();
    demand(budget >= BUDGET_TOKENS_MIN, || {
        format!(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to {BUDGET_TOKENS_MIN}"
        )
    })?;
    let max = body["max_tokens"].as_u64();
    demand(max.is_none_or(|max| max > budget), || {
        "`max_tokens` must be greater than `thinking.budget_tokens`".to_owned()
    })
}

/// What may not be asked for together with thinking.
fn check_beside(body: &Value) -> Checked {
    let temperature = body["temperature"].as_f64();
    demand(temperature.is_none_or(|temperature| (temperature - 1.0).abs() < f64::EPSILON), || {
        "`temperature` may only be set to 1 when thinking is enabled".to_owned()
    })?;
    demand(body["top_k"].is_null(), || "`top_k` must be unset when thinking is enabled".to_owned())?;
    demand(body["top_p"].as_f64().is_none_or(|top_p| top_p >= TOP_P_MIN), || {
        format!("`top_p` must be at least {TOP_P_MIN} or unset when thinking is enabled")
    })?;
    demand(!matches!(body["tool_choice"]["type"].as_str(), Some("any" | "tool")), || {
        "Thinking may not be enabled when tool_choice forces tool use.".to_owned()
    })
}

/// With manual thinking, the turn whose calls are being answered begins with thinking.
fn check_last_turn(turns: &[Turn]) -> Checked {
    let spoken: Vec<&Turn> = turns.iter().filter(|turn| turn.is_user() || turn.is_assistant()).collect();
    let [.., before, last] = spoken.as_slice() else { return Ok(()) };
    if last.of("tool_result").next().is_none() {
        return Ok(());
    }
    let first = &before.blocks.first().unwrap_or(&Value::Null)["type"];
    let place = before.places.first().map_or(0, |(index, _)| *index);
    demand(*first == "thinking" || *first == "redacted_thinking", || {
        format!(
            "messages.{place}.content.0.type: Expected `thinking` or `redacted_thinking`, but found {first}. When \
             `thinking` is enabled, a final `assistant` message must start with a thinking block"
        )
    })
}

fn check_seals(body: &Value, turns: &[Turn], ask: &Ask<'_>) -> Checked {
    let drops = body["thinking"]["block_binding"]["prefix_mismatch_behavior"] == "drop_block";
    for (number, turn) in turns.iter().enumerate() {
        let said_before = if ask.behaviour.binds_thinking { prefix(body, &turns[..number]) } else { 0 };
        for (block, (index, place)) in turn.blocks.iter().zip(&turn.places) {
            let (kind, seal, text) = match block["type"].as_str() {
                Some("thinking") => ("thinking", &block["signature"], &block["thinking"]),
                Some("redacted_thinking") => ("redacted", &block["data"], &Value::Null),
                _ => continue,
            };
            let bound = Bound { kind, account: ask.account(), prefix: said_before };
            let checked =
                seal::check(seal.as_str().unwrap_or_default(), text.as_str().unwrap_or_default(), bound);
            let at = format!("messages.{index}.content.{place}");
            let field = if kind == "thinking" { "signature" } else { "data" };
            match checked {
                Ok(()) => {}
                Err(Broken::OtherPrefix) if drops => {}
                Err(Broken::OtherPrefix) => {
                    return Err(invalid(&format!(
                        "{at}: Invalid `{field}` in `{kind}` block. The block is bound to a different conversation."
                    )));
                }
                Err(Broken::Forged | Broken::OtherAccount) => {
                    return Err(invalid(&format!("{at}: Invalid `{field}` in `{kind}` block")));
                }
            }
        }
    }
    Ok(())
}
