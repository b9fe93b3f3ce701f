//! Whether an answer that is one JSON object, sound and no error, has come to its end by what it says, too.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::Dialect;
use crate::canonical::{Reply, ReplyFlaw};
use crate::json::value_behind;

static FINISH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"finish_reason\""));
static STOP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"stop_reason\""));

/// Why a whole answer to a conversation is none. `is_text_enough` of texts that go on: hosts of those need name no reason.
pub fn flaw_of_end(dialect: Dialect, body: &[u8], is_text_enough: bool) -> Option<ReplyFlaw> {
    let name = match dialect {
        Dialect::OpenAiChat => &FINISH,
        Dialect::AnthropicMessages => &STOP,
        // It has a status, and one that is not finished may be just what was asked for.
        Dialect::OpenAiResponses => return None,
    };
    // An empty reason is the word of some hosts. Whoever names one is not read any further.
    let names_a_reason =
        |at: usize| value_behind(&body[at..], name.needle()).is_some_and(|value| value.starts_with(b"\""));
    if name.find_iter(body).any(names_a_reason) {
        return None;
    }
    match dialect.translator().read_reply(body).map(Reply::of) {
        Err(flaw) => Some(flaw),
        Ok(reply) if reply.finish.is_some() || is_text_enough => None,
        Ok(_) => Some(ReplyFlaw::no_reason()),
    }
}

#[cfg(test)]
mod tests {
    use super::flaw_of_end;
    use crate::Dialect::{AnthropicMessages, OpenAiChat, OpenAiResponses};

    fn chat(choices: &str) -> Option<String> {
        let body = format!(r#"{{"id":"c","model":"m","choices":[{choices}]}}"#);
        flaw_of_end(OpenAiChat, body.as_bytes(), false).map(|flaw| flaw.message)
    }

    fn call(arguments: &str) -> String {
        let arguments = serde_json::to_string(arguments).unwrap();
        format!(
            r#"{{"message":{{"tool_calls":[{{"id":"x","function":{{"name":"f","arguments":{arguments}}}}}]}},"finish_reason":null}}"#
        )
    }

    #[test]
    fn a_chat_without_a_choice_or_a_reason_has_not_ended() {
        let without_reason = Some("answered without saying why the answer ends".to_owned());
        let without_choice = Some("answered without a choice".to_owned());
        for nothing in
            ["", " ", "{}", r#"{"index":0}"#, r#"{"message":{"content":null},"finish_reason":null}"#]
        {
            assert_eq!(chat(nothing), without_choice, "{nothing}");
        }
        for text in [r#"{"message":{"content":"x"}}"#, r#"{"message":{"content":"x"},"finish_reason":null}"#]
        {
            assert_eq!(chat(text), without_reason, "{text}");
        }
        for sound in ["stop", "length", "", "odd"] {
            assert_eq!(chat(&format!(r#"{{"message":{{"content":""}},"finish_reason" : "{sound}"}}"#)), None);
        }
        assert_eq!(chat(&call("{}")), None, "some name no reason behind whole calls");
        assert_eq!(chat(&call("{\"a\"")), without_reason, "half a call");
    }

    #[test]
    fn a_text_that_goes_on_needs_no_reason_but_has_to_say_something() {
        let flaw = |choices: &str| {
            let body = format!(r#"{{"object":"text_completion","choices":[{choices}]}}"#);
            flaw_of_end(OpenAiChat, body.as_bytes(), true)
        };
        assert_eq!(flaw(r#"{"text":"x","index":0}"#), None);
        assert!(flaw("").is_some());
    }

    #[test]
    fn the_others_say_it_in_their_own_way() {
        let message = |reason: &str| {
            let body = format!(r#"{{"type":"message","content":[],"stop_reason":{reason}}}"#);
            flaw_of_end(AnthropicMessages, body.as_bytes(), false)
        };
        assert!(message("\"end_turn\"").is_none() && message("null").is_some());
        assert!(
            flaw_of_end(AnthropicMessages, br#"{"content":[{"type":"text","text":"x"}]}"#, false).is_some()
        );
        assert!(flaw_of_end(OpenAiResponses, br#"{"status":"queued","output":[]}"#, false).is_none());
    }
}
