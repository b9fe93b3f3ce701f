//! Sealed thoughts that a provider does not take back: how it says so, and a request without them. A seal is never looked
//! into: only the provider knows what it is worth.

use std::borrow::Cow;

use crate::canonical::{Feature, Flaw, Losses};
use crate::json::Item;
use crate::json::edit::{list_of, replace};

/// Whether an error says that a thought does not fit its seal, or the conversation it stands in. Only the words tell: this
/// dialect has no code for it.
pub(super) fn refused(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let blames = ["signature", "cannot be modified", "`data`"];
    message.contains("thinking") && blames.iter().any(|words| message.contains(words))
}

/// The request without any thought of its history: one that is missing between others would be refused, too. `None` where
/// it has none.
pub(super) fn leave_out(body: &[u8], losses: &mut Losses) -> Result<Option<String>, Flaw> {
    let whole = Item::of_body(body)?;
    let Some(messages) = whole.fields()?.take("messages") else { return Ok(None) };
    let listed = messages.list()?;
    let mut kept = Vec::with_capacity(listed.len());
    let mut are_all_kept = true;
    for message in &listed {
        match thoughtless(message)? {
            Kept::Whole => kept.push(Cow::Borrowed(message.text())),
            Kept::Rest(text) => {
                are_all_kept = false;
                kept.push(Cow::Owned(text));
            }
            Kept::Nothing => are_all_kept = false,
        }
    }
    if are_all_kept {
        return Ok(None);
    }
    losses.lose(Feature::SealedThought, "")?;
    let Some(body) = replace(whole.text(), messages.text(), &list_of(&kept)) else { return Ok(None) };
    // With a budget, a turn that goes on behind calls must begin with a thought: there is none any more.
    if !answers_calls(listed.last())? {
        return Ok(Some(body));
    }
    without_budget(body, losses).map(Some)
}

/// What of a message is no thought.
enum Kept {
    Whole,
    Rest(String),
    /// Messages without content are refused.
    Nothing,
}

fn thoughtless(message: &Item<'_>) -> Result<Kept, Flaw> {
    let Some(content) = message.fields()?.take("content").filter(Item::is_list) else {
        return Ok(Kept::Whole);
    };
    let blocks = content.list()?;
    let mut kept = Vec::with_capacity(blocks.len());
    for block in &blocks {
        let is_thought = matches!(kind(block)?.as_deref(), Some("thinking" | "redacted_thinking"));
        if !is_thought {
            kept.push(Cow::Borrowed(block.text()));
        }
    }
    if kept.len() == blocks.len() {
        return Ok(Kept::Whole);
    }
    if kept.is_empty() {
        return Ok(Kept::Nothing);
    }
    Ok(replace(message.text(), content.text(), &list_of(&kept)).map_or(Kept::Whole, Kept::Rest))
}

fn kind<'a>(block: &Item<'a>) -> Result<Option<Cow<'a, str>>, Flaw> {
    block.fields()?.string("type")
}

fn answers_calls(last: Option<&Item<'_>>) -> Result<bool, Flaw> {
    let Some(last) = last else { return Ok(false) };
    let Some(content) = last.fields()?.take("content").filter(Item::is_list) else { return Ok(false) };
    let first = content.list()?.into_iter().next();
    Ok(first.map(|first| kind(&first)).transpose()?.flatten().as_deref() == Some("tool_result"))
}

fn without_budget(body: String, losses: &mut Losses) -> Result<String, Flaw> {
    let whole = Item::of_body(body.as_bytes())?;
    let Some(thinking) = whole.fields()?.take("thinking") else { return Ok(body) };
    if kind(&thinking)?.as_deref() != Some("enabled") {
        return Ok(body);
    }
    losses.lose(Feature::ThinkingWish, "thinking")?;
    let changed = replace(whole.text(), thinking.text(), r#"{"type":"disabled"}"#);
    Ok(changed.unwrap_or(body))
}

#[cfg(test)]
mod tests {
    use super::{leave_out, refused};
    use crate::canonical::Losses;

    #[test]
    fn refused_seals_are_told_from_other_refusals() {
        for words in [
            "messages.1.content.0: Invalid `signature` in `thinking` block",
            "Invalid `signature` in `thinking` block. The block is bound to a different conversation",
            "messages.3.content.8: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.",
            "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
        ] {
            assert!(refused(words), "{words}");
        }
        for words in [
            "Expected `thinking` or `redacted_thinking`, but found `text`.",
            "thinking.budget_tokens: Input should be greater than or equal to 1024",
            "`temperature` may only be set to 1 when thinking is enabled",
            "Invalid signature of the request",
        ] {
            assert!(!refused(words), "{words}");
        }
    }

    fn left(body: &str) -> (Option<String>, Vec<&'static str>) {
        let mut losses = Losses::default();
        let left = leave_out(body.as_bytes(), &mut losses).unwrap();
        (left, losses.warnings())
    }

    #[test]
    fn thoughts_are_left_out_and_all_else_stays_as_it_was_written() {
        let (left, warnings) = left(concat!(
            r#"{ "model":"m", "temperature": 1.0e0, "messages": [ {"role":"user","content":"thinking?"},"#,
            r#"{"role":"assistant", "content":[{"type":"thinking","thinking":"x","signature":"s"}, {"type":"text", "text":"caf\u00e9"}]},"#,
            r#"{"role":"assistant","content":[{"type":"redacted_thinking","data":"d"}]},"#,
            r#"{"role":"user","content":[{"type":"text","text":"go on"}]}], "thinking":{"type":"enabled","budget_tokens":2048} }"#,
        ));
        let wanted = concat!(
            r#"{ "model":"m", "temperature": 1.0e0, "messages": [{"role":"user","content":"thinking?"},"#,
            r#"{"role":"assistant", "content":[{"type":"text", "text":"caf\u00e9"}]},"#,
            r#"{"role":"user","content":[{"type":"text","text":"go on"}]}], "thinking":{"type":"enabled","budget_tokens":2048} }"#,
        );
        assert_eq!((left.as_deref(), warnings), (Some(wanted), vec!["signed_reasoning_dropped"]));
    }

    #[test]
    fn behind_calls_a_budget_goes_with_the_thoughts() {
        let ask = |thinking: &str| {
            left(&format!(
                r#"{{"thinking":{thinking},"messages":[{{"role":"assistant","content":[{{"type":"thinking","thinking":"","signature":"s"}},{{"type":"tool_use","id":"a","name":"f","input":{{}}}}]}},{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"a"}}]}}]}}"#
            ))
        };
        let (changed, warnings) = ask(r#"{"type":"enabled","budget_tokens":2048}"#);
        assert!(
            changed
                .unwrap()
                .starts_with(r#"{"thinking":{"type":"disabled"},"messages":[{"role":"assistant""#)
        );
        assert_eq!(warnings, ["thinking_unsupported", "signed_reasoning_dropped"]);
        let (changed, warnings) = ask(r#"{"type":"adaptive"}"#);
        assert!(changed.unwrap().starts_with(r#"{"thinking":{"type":"adaptive"}"#));
        assert_eq!(warnings, ["signed_reasoning_dropped"]);
    }

    #[test]
    fn what_holds_no_thought_is_not_written_anew() {
        for body in [r#"{"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}"#, r#"{"a":1}"#]
        {
            assert_eq!(left(body), (None, vec![]), "{body}");
        }
    }
}
