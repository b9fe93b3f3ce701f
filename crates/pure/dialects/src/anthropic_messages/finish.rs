//! Why an answer ends: `stop_reason`, and what stands beside it.

use crate::canonical::{Finish, Flaw};
use crate::json::Fields;
use crate::json::writer::ObjectWriter;

/// Categories of refusals that this dialect knows.
const CATEGORIES: &[&str] = &["cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"];

/// Takes the reason out of an answer, or of the delta of one. `None` where there is none yet.
pub(super) fn take(fields: &mut Fields<'_>) -> Result<Option<Finish>, Flaw> {
    let Some(reason) = fields.string("stop_reason")? else { return Ok(None) };
    Ok(Some(match reason.as_ref() {
        "end_turn" => Finish::Stop,
        "max_tokens" => Finish::Length,
        "stop_sequence" => Finish::StopText(fields.string("stop_sequence")?.map(Into::into)),
        "tool_use" => Finish::Calls,
        "pause_turn" => Finish::Pause,
        "refusal" => {
            let mut details = fields.fields("stop_details")?;
            let category = details.as_mut().map(|details| details.string("category")).transpose()?.flatten();
            Finish::Filtered(category.map(Into::into))
        }
        "model_context_window_exceeded" => Finish::ContextFull,
        other => Finish::Other(other.to_owned()),
    }))
}

/// Writes the reason. Words for not answering make of an end a refusal.
pub(super) fn write(finish: Option<&Finish>, refuses: bool, o: &mut ObjectWriter<'_>) {
    let reason = finish.map(|finish| match finish {
        Finish::Stop if refuses => "refusal",
        Finish::Stop | Finish::BadCall | Finish::Other(_) => "end_turn",
        Finish::StopText(_) => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ContextFull => "model_context_window_exceeded",
        Finish::Calls => "tool_use",
        Finish::Filtered(_) => "refusal",
        Finish::Pause => "pause_turn",
    });
    o.text_or_null("stop_reason", reason);
    let text = match finish {
        Some(Finish::StopText(text)) => text.as_deref(),
        _ => None,
    };
    o.text_or_null("stop_sequence", text);
    if let Some(Finish::Filtered(why)) = finish {
        let known = why.as_deref().filter(|why| CATEGORIES.contains(why));
        let explanation = why.as_deref().filter(|_| known.is_none());
        o.object("stop_details", |o| {
            o.text("type", "refusal");
            o.text_or_null("category", known);
            o.text_or_null("explanation", explanation);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{take, write};
    use crate::canonical::Finish;
    use crate::json::Item;
    use crate::json::writer::object;

    #[test]
    fn every_reason_comes_back_as_it_went() {
        for finish in [
            Finish::Stop,
            Finish::StopText(Some("END".to_owned())),
            Finish::StopText(None),
            Finish::Length,
            Finish::ContextFull,
            Finish::Calls,
            Finish::Filtered(Some("cyber".to_owned())),
            Finish::Filtered(None),
            Finish::Pause,
        ] {
            let json = object(|o| write(Some(&finish), false, o));
            let mut fields = Item::of_body(json.as_bytes()).unwrap().fields().unwrap();
            assert_eq!(take(&mut fields).unwrap(), Some(finish), "{json}");
        }
    }

    #[test]
    fn what_has_no_word_here_is_an_end() {
        let check = |finish: Option<Finish>, refuses: bool, expected: &str| {
            let json = object(|o| write(finish.as_ref(), refuses, o));
            assert!(json.starts_with(expected), "{json}");
        };
        check(None, false, r#"{"stop_reason":null,"stop_sequence":null"#);
        check(Some(Finish::BadCall), false, r#"{"stop_reason":"end_turn""#);
        check(Some(Finish::Other("eos".to_owned())), false, r#"{"stop_reason":"end_turn""#);
        check(Some(Finish::Stop), true, r#"{"stop_reason":"refusal""#);
        check(
            Some(Finish::Filtered(Some("sensitive".to_owned()))),
            false,
            r#"{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":null,"explanation":"sensitive"}"#,
        );
    }
}
