//! Watching a stream of chat chunks: usage, the finish, an in-band error, the end mark. The bytes pass untouched.

use std::sync::LazyLock;

use domain::Usage;
use memchr::memmem::Finder;

use super::reply::ReplyWatch;
use crate::framing::sse::SseParser;

static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage\""));
static FINISH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"finish_reason\""));

/// What a stream has told so far.
#[derive(Debug, Default)]
pub struct StreamWatch {
    parser: SseParser,
    facts: Facts,
}

#[derive(Debug, Default)]
struct Facts {
    events: u64,
    usage: Option<Usage>,
    is_finished: bool,
    is_done: bool,
    is_error: bool,
}

impl StreamWatch {
    /// Reads the next chunk.
    pub fn feed(&mut self, chunk: &[u8]) {
        let facts = &mut self.facts;
        self.parser.feed(chunk, |event| facts.read(event.name, event.data));
    }

    /// How many events have passed.
    pub fn events(&self) -> u64 {
        self.facts.events
    }

    /// The usage it told, the last one if several.
    pub fn usage(&self) -> Option<Usage> {
        self.facts.usage
    }

    /// Whether a choice has named its finish reason, or the end mark has passed.
    pub fn is_finished(&self) -> bool {
        self.facts.is_finished || self.facts.is_done
    }

    /// Whether an error came in the stream.
    pub fn is_error(&self) -> bool {
        self.facts.is_error
    }

    /// Whether the stream so far ends between two events.
    pub fn is_between_events(&self) -> bool {
        self.parser.is_between_events()
    }
}

impl Facts {
    fn read(&mut self, name: &[u8], data: &[u8]) {
        self.events += 1;
        if data == b"[DONE]" {
            self.is_done = true;
            return;
        }
        if name == b"error" || data.trim_ascii_start().starts_with(b"{\"error\"") {
            self.is_error = true;
        }
        // Inside a JSON string these quotes would be escaped, so a hit is a real key or, harmlessly, a whole string value.
        if !self.is_finished && FINISH.find(data).is_some_and(|at| names_a_reason(&data[at + 15..])) {
            self.is_finished = true;
        }
        if USAGE.find(data).is_some() {
            let mut reply = ReplyWatch::default();
            reply.feed(data);
            self.usage = reply.usage().or(self.usage);
        }
    }
}

/// Whether a string follows the key.
fn names_a_reason(after_key: &[u8]) -> bool {
    let value = after_key.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
    value.is_some_and(|value| value.starts_with(b"\""))
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::StreamWatch;

    fn watch(stream: &str) -> StreamWatch {
        let mut watch = StreamWatch::default();
        for piece in stream.as_bytes().chunks(11) {
            watch.feed(piece);
        }
        watch
    }

    #[test]
    fn a_whole_stream_is_understood() {
        let seen = watch(concat!(
            "data: {\"choices\":[{\"delta\":{\"content\":\"say \\\"usage\\\" and \\\"finish_reason\\\":\\\"x\\\"\"},\"finish_reason\":null}],\"usage\":null}\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\": \"stop\"}],\"usage\":null}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n",
            "data: [DONE]\n\n",
        ));
        assert_eq!(seen.events(), 4);
        assert_eq!(seen.usage(), Some(Usage { input: 3, output: 2, ..Usage::default() }));
        assert!(seen.is_finished() && !seen.is_error() && seen.is_between_events());
    }

    #[test]
    fn words_in_the_text_finish_nothing() {
        let seen = watch(
            "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"finish_reason\\\":\\\"stop\\\"\"},\"finish_reason\":null}]}\n\ndata: {",
        );
        assert!(!seen.is_finished() && !seen.is_between_events());
    }

    #[test]
    fn errors_in_band_are_noticed() {
        assert!(watch("data: {\"error\":{\"message\":\"overloaded\"}}\n\n").is_error());
        assert!(watch("event: error\ndata: {}\n\n").is_error());
    }
}
