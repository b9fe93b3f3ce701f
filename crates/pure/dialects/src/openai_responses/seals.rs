//! Sealed thoughts that a provider does not take back: how it says so, and a request without them. A seal is never looked
//! into: only the provider knows what it is worth.

use std::borrow::Cow;

use crate::canonical::{Feature, Flaw, Losses};
use crate::json::Item;
use crate::json::edit::{list_of, replace};

const REFUSED: &str = "invalid_encrypted_content";

/// Whether an error says that a sealed thought cannot be read. Some hosts leave out the code.
pub(super) fn refused(code: Option<&str>, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    code == Some(REFUSED) || (message.contains("encrypted content") && message.contains("could not be"))
}

/// The request without any sealed thought of its history. `None` where it has none. What else is sealed is a history that
/// was made short: without it nobody would know what was said.
pub(super) fn leave_out(body: &[u8], losses: &mut Losses) -> Result<Option<String>, Flaw> {
    let whole = Item::of_body(body)?;
    let Some(input) = whole.fields()?.take("input").filter(Item::is_list) else { return Ok(None) };
    let listed = input.list()?;
    let mut kept = Vec::with_capacity(listed.len());
    for item in &listed {
        if !is_sealed_thought(item)? {
            kept.push(Cow::Borrowed(item.text()));
        }
    }
    if kept.len() == listed.len() {
        return Ok(None);
    }
    losses.lose(Feature::SealedThought, "")?;
    Ok(replace(whole.text(), input.text(), &list_of(&kept)))
}

fn is_sealed_thought(item: &Item<'_>) -> Result<bool, Flaw> {
    let mut fields = item.fields()?;
    Ok(fields.string("type")?.as_deref() == Some("reasoning") && fields.take("encrypted_content").is_some())
}

#[cfg(test)]
mod tests {
    use super::{leave_out, refused};
    use crate::canonical::Losses;

    #[test]
    fn refused_seals_are_told_from_other_refusals() {
        assert!(refused(Some("invalid_encrypted_content"), ""));
        assert!(refused(None, "The encrypted content gAAA...DQ== could not be verified."));
        assert!(!refused(Some("invalid_value"), "Invalid value: 'reasoning.encrypted_content'."));
        assert!(!refused(None, "Encrypted content is not supported with this model."));
    }

    #[test]
    fn sealed_thoughts_are_left_out_and_all_else_stays_as_it_was_written() {
        let mut losses = Losses::default();
        let body = concat!(
            r#"{ "input": [ {"role":"user", "content":"caf\u00e9"},"#,
            r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"},"#,
            r#"{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":null},"#,
            r#"{"type":"compaction","encrypted_content":"gAAB"}], "store" : false }"#,
        );
        let wanted = concat!(
            r#"{ "input": [{"role":"user", "content":"caf\u00e9"},"#,
            r#"{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":null},"#,
            r#"{"type":"compaction","encrypted_content":"gAAB"}], "store" : false }"#,
        );
        assert_eq!(leave_out(body.as_bytes(), &mut losses).unwrap().as_deref(), Some(wanted));
        assert_eq!(losses.warnings(), ["signed_reasoning_dropped"]);
    }

    #[test]
    fn what_holds_none_is_not_written_anew() {
        for body in [r#"{"input":"hello"}"#, r#"{"input":[{"role":"user","content":"x"}]}"#, "{}"] {
            assert_eq!(leave_out(body.as_bytes(), &mut Losses::default()).unwrap(), None, "{body}");
        }
    }
}
