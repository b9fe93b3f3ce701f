//! Whether an answer is nothing but a refusal on grounds of the provider's policy: many tell it under a status of success, as
//! an answer that ends before it began. Looked at only where another model would be asked instead.

use std::fmt;

use dialects::canonical::{Event, Finish, Opening};
use dialects::framing::sse::SseParser;
use dialects::{Dialect, StreamReader};

/// Reads the beginning of an answer beside whoever else reads it.
pub(super) struct RefusalLook {
    dialect: Dialect,
    parser: SseParser,
    reader: Box<dyn StreamReader>,
    events: Vec<Event>,
    verdict: Verdict,
}

/// What an answer is, as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Open,
    Answer,
    Refusal,
}

impl fmt::Debug for RefusalLook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusalLook").field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

impl RefusalLook {
    /// At an answer in this dialect.
    pub(super) fn at(dialect: Dialect) -> Self {
        Self {
            dialect,
            parser: SseParser::default(),
            reader: dialect.translator().stream_reader(),
            events: Vec::new(),
            verdict: Verdict::Open,
        }
    }

    /// Reads the next piece of a stream.
    pub(super) fn read(&mut self, piece: &[u8]) {
        let Self { parser, reader, events, verdict, .. } = self;
        parser.feed(piece, |event| {
            // Whether it is sound is found elsewhere.
            if *verdict == Verdict::Open && reader.read(event, events).is_err() {
                *verdict = Verdict::Answer;
            }
            events.drain(..).for_each(|event| verdict.hear(&event));
        });
    }

    /// Reads a whole answer.
    pub(super) fn read_whole(&mut self, body: &[u8]) {
        let events = self.dialect.translator().read_reply(body).unwrap_or_default();
        events.iter().for_each(|event| self.verdict.hear(event));
    }

    /// Whether it is clear what the answer is.
    pub(super) fn is_decided(&self) -> bool {
        self.verdict != Verdict::Open
    }

    /// Whether it is nothing but a refusal.
    pub(super) fn is_refusal(&self) -> bool {
        self.verdict == Verdict::Refusal
    }
}

impl Verdict {
    fn hear(&mut self, event: &Event) {
        if *self != Self::Open {
            return;
        }
        *self = match event {
            Event::Delta { text, .. } if !text.is_empty() => Self::Answer,
            Event::Open { opening: Opening::Call { .. }, .. } | Event::Sealed { .. } => Self::Answer,
            Event::Finish(Finish::Filtered(_)) => Self::Refusal,
            Event::Finish(_) | Event::Fault { .. } | Event::End => Self::Answer,
            _ => Self::Open,
        };
    }
}

#[cfg(test)]
mod tests {
    use dialects::Dialect;

    use super::RefusalLook;

    /// Whether it is decided, and a refusal, wherever the bytes are cut.
    fn check(dialect: Dialect, stream: &str, expected: (bool, bool)) {
        for cut in 0..=stream.len() {
            let mut look = RefusalLook::at(dialect);
            look.read(&stream.as_bytes()[..cut]);
            look.read(&stream.as_bytes()[cut..]);
            assert_eq!((look.is_decided(), look.is_refusal()), expected, "{stream} cut at {cut}");
        }
    }

    fn chunk(delta: &str, finish: &str) -> String {
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n")
    }

    #[test]
    fn only_an_answer_without_a_word_is_a_refusal() {
        let begun = chunk(r#"{"role":"assistant","content":""}"#, "null");
        let chat = |rest: &str, expected| check(Dialect::OpenAiChat, &(begun.clone() + rest), expected);
        chat("", (false, false));
        chat(": still here\n\n", (false, false));
        chat(&chunk("{}", "\"content_filter\""), (true, true));
        chat(&chunk("{}", "\"stop\""), (true, false));
        chat(&(chunk(r#"{"content":"x"}"#, "null") + &chunk("{}", "\"content_filter\"")), (true, false));
        let call = r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}"#;
        chat(&chunk(call, "null"), (true, false));
        chat("data: <html>\n\n", (true, false));
    }

    #[test]
    fn each_dialect_has_its_word_for_it() {
        let messages = concat!(
            r#"data: {"type":"message_start","message":{"id":"m","model":"m"}}"#,
            "\n\n",
            r#"data: {"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":1}}"#,
            "\n\n",
        );
        check(Dialect::AnthropicMessages, messages, (true, true));
        let responses = concat!(
            r#"data: {"type":"response.incomplete","response":{"id":"r","model":"m","status":"incomplete","output":[],"#,
            r#""incomplete_details":{"reason":"content_filter"}}}"#,
            "\n\n",
        );
        check(Dialect::OpenAiResponses, responses, (true, true));
    }

    #[test]
    fn whole_answers_are_told_apart_alike() {
        for (content, reason, is_refusal) in
            [("", "content_filter", true), ("x", "content_filter", false), ("", "stop", false)]
        {
            let body = format!(
                r#"{{"id":"c","choices":[{{"message":{{"content":"{content}"}},"finish_reason":"{reason}"}}]}}"#
            );
            let mut look = RefusalLook::at(Dialect::OpenAiChat);
            look.read_whole(body.as_bytes());
            assert_eq!(look.is_refusal(), is_refusal, "{body}");
        }
    }
}
