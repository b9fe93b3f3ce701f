//! Watching a stream of chat chunks: usage, the finish, an in-band error, the end mark, and whether each event is sound.
//! The bytes pass untouched; how many of them may leave is told, not decided, here.

use std::sync::LazyLock;

use domain::Usage;
use memchr::memmem::Finder;

use super::choices::ChoiceCount;
use super::reply::{ERROR, KIND, USAGE, WANTED, is_no_error, parse_usage};
use crate::framing::sse::{Event, SseParser};
use crate::json::ObjectScan;

static FINISH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"finish_reason\""));
static USAGE_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage\""));
/// A name, and in some dialects the kind of an object that is nothing but an error.
static ERROR_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));
static CHOICES_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"choices\""));
const END_MARK: &[u8] = b"[DONE]";
/// Longest error in a stream that is read for its words.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// What a stream has told so far.
#[derive(Debug, Default)]
pub struct StreamWatch {
    parser: SseParser,
    facts: Facts,
}

/// Why a stream cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamFault {
    /// The provider tells of an error: what it says, if that is short enough to be read.
    Told(Option<Vec<u8>>),
    /// An event is not JSON.
    Malformed,
}

#[derive(Debug)]
struct Facts {
    scan: ObjectScan,
    events: u64,
    /// Chunks of an answer, the end mark included.
    chunks: u64,
    usage: Option<Usage>,
    is_finished: bool,
    is_done: bool,
    /// Where more than one choice is to come, which of them have finished.
    several: Option<Box<ChoiceCount>>,
    fault: Option<StreamFault>,
    /// Where in the chunk read last the event at fault began.
    fault_at: Option<usize>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            scan: ObjectScan::new(WANTED),
            events: 0,
            chunks: 0,
            usage: None,
            is_finished: false,
            is_done: false,
            several: None,
            fault: None,
            fault_at: None,
        }
    }
}

impl StreamWatch {
    /// Watches a stream of several choices, of which this many were asked for: it is finished when all are.
    pub fn of_choices(asked: u64) -> Self {
        let several = Some(Box::new(ChoiceCount::new(asked)));
        Self { facts: Facts { several, ..Facts::default() }, ..Self::default() }
    }

    /// Reads the next chunk.
    pub fn feed(&mut self, chunk: &[u8]) {
        let facts = &mut self.facts;
        if facts.fault.is_some() {
            facts.fault_at = Some(0);
        }
        self.parser.feed(chunk, |event| facts.read(event));
    }

    /// How many bytes of the chunk read last may leave: up to the end of its last whole event, and nothing from an event
    /// at fault on.
    pub fn whole_bytes(&self) -> usize {
        self.facts.fault_at.unwrap_or_else(|| self.parser.whole_bytes())
    }

    /// How many events have passed.
    pub fn events(&self) -> u64 {
        self.facts.events
    }

    /// Whether a chunk of an answer, the end mark or a fault has passed: comments and pings are none of these.
    pub fn has_begun(&self) -> bool {
        self.facts.chunks > 0 || self.facts.fault.is_some()
    }

    /// How many chunks of an answer have passed, the end mark included.
    pub fn chunks(&self) -> u64 {
        self.facts.chunks
    }

    /// Grows with everything that is a part of an answer, and with nothing else.
    pub fn signs_of_life(&self) -> u64 {
        self.facts.chunks.wrapping_add(self.parser.dripped_bytes())
    }

    /// The usage it told, the last one if several.
    pub fn usage(&self) -> Option<Usage> {
        self.facts.usage
    }

    /// Whether the choice has named its finish reason (each of them, where several were asked for), or the end mark
    /// has passed.
    pub fn is_finished(&self) -> bool {
        self.facts.is_finished || self.facts.is_done
    }

    /// Whether the end mark has passed.
    pub fn is_done(&self) -> bool {
        self.facts.is_done
    }

    /// Whether an error came in the stream.
    pub fn is_error(&self) -> bool {
        matches!(self.facts.fault, Some(StreamFault::Told(_)))
    }

    /// Why it cannot go on.
    pub fn fault(&self) -> Option<&StreamFault> {
        self.facts.fault.as_ref()
    }

    /// Whether the stream so far ends between two events.
    pub fn is_between_events(&self) -> bool {
        self.parser.is_between_events()
    }
}

impl Facts {
    fn read(&mut self, event: Event<'_>) {
        if self.fault.is_some() {
            return;
        }
        self.events += 1;
        let data = event.data;
        let text = data.trim_ascii();
        match event.name {
            b"" | b"message" => {}
            b"error" => return self.fail(StreamFault::Told(words(data)), event.start),
            // A ping, or something newer than we are: no part of an answer, unless it holds one, or an error.
            _ if CHOICES_NAME.find(text).is_none() && ERROR_NAME.find(text).is_none() => return,
            _ => {}
        }
        if text == END_MARK {
            self.is_done = true;
            self.chunks += 1;
            return;
        }
        if text.is_empty() {
            return;
        }
        let is_sound = self.scan.has_outline(text);
        // Inside a JSON string these quotes would be escaped, so a hit is a real key or, harmlessly, a whole string value.
        let mut finishes = FINISH.find_iter(text).map(|at| value_behind(&text[at..], FINISH.needle()));
        // Some say `""` until there is a reason.
        let names_a_reason = finishes.any(|value| value.starts_with(b"\"") && !value.starts_with(b"\"\""));
        let usage = USAGE_NAME.find(text).map(|at| value_behind(&text[at..], USAGE_NAME.needle()));
        let tells_usage = usage.is_some_and(|value| !value.starts_with(b"null"));
        if tells_usage || ERROR_NAME.find(text).is_some() {
            self.scan.reset();
            let is_read = self.scan.feed(text).is_ok();
            let field = |place| self.scan.field(place).map(|field| field.text.as_deref());
            let tells_error = field(ERROR).is_some_and(|error| !is_no_error(error));
            if tells_error || field(KIND) == Some(Some(b"\"error\"")) {
                return self.fail(StreamFault::Told(words(data)), event.start);
            }
            let usage = self.scan.field(USAGE).filter(|_| is_read);
            if let Some(usage) = usage.and_then(|usage| usage.text.as_deref()) {
                self.usage = parse_usage(usage).or(self.usage);
            }
        }
        if !is_sound && !self.is_done {
            return self.fail(StreamFault::Malformed, event.start);
        }
        self.chunks += 1;
        self.is_finished |= names_a_reason && self.several.is_none();
        if let Some(choices) = &mut self.several {
            choices.read(data);
            self.is_finished = choices.have_all_finished();
        }
    }

    fn fail(&mut self, fault: StreamFault, start: usize) {
        self.fault = Some(fault);
        self.fault_at = Some(start);
    }
}

fn words(data: &[u8]) -> Option<Vec<u8>> {
    (data.len() <= ERROR_BYTES_MAX).then(|| data.to_vec())
}

/// What follows a key at the start of `text`.
fn value_behind<'t>(text: &'t [u8], key: &[u8]) -> &'t [u8] {
    let value = text[key.len()..].trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::{StreamFault, StreamWatch};

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

    #[test]
    fn what_is_no_json_is_a_fault_and_nothing_of_it_may_leave() {
        let good = "data: {\"choices\":[{\"delta\":{}}]}\n\n";
        for bad in [
            "data: {\"choices\":[{\"index\":0,\n\n",
            "data: <html>\n\n",
            "data: null\n\n",
            "data: {\"a\":1} x\n\n",
        ] {
            let mut watch = StreamWatch::default();
            watch.feed([good, bad, good].concat().as_bytes());
            assert_eq!(watch.fault(), Some(&StreamFault::Malformed), "{bad}");
            assert_eq!(watch.whole_bytes(), good.len(), "{bad}");
        }
    }

    #[test]
    fn an_error_keeps_its_words_and_stays_back() {
        let mut watch = StreamWatch::default();
        watch.feed(b": hello\n\ndata: {\"id\":1,\"error\":{\"message\":\"no\"}}\n\n");
        assert_eq!(watch.whole_bytes(), 9);
        let words = b"{\"id\":1,\"error\":{\"message\":\"no\"}}".to_vec();
        assert_eq!(watch.fault(), Some(&StreamFault::Told(Some(words))));
        assert!(!self::watch("data: {\"error\":null,\"choices\":[]}\n\n").is_error());
    }

    #[test]
    fn an_error_beside_a_chunk_is_seen_and_a_usage_of_null_is_none() {
        let told =
            r#"data: {"id":"1","error":{"code":502},"choices":[{"delta":{},"finish_reason":"error"}]}"#;
        assert!(watch(&format!("{told}\n\n")).is_error());
        let seen = watch(concat!(
            "data: {\"usage\":{\"prompt_tokens\":3},\"choices\":[]}\n\n",
            "data: {\"choices\":[{\"finish_reason\":null}],\"usage\": null}\n\n",
        ));
        assert_eq!(seen.usage(), Some(Usage { input: 3, ..Usage::default() }));
    }

    #[test]
    fn comments_pings_and_empty_events_begin_nothing() {
        let mut seen = watch(": wait\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\ndata:\n\n");
        assert!(!seen.has_begun() && seen.signs_of_life() == 0 && seen.fault().is_none());
        seen.feed(b"data: {\"choices\":[]}\n\n");
        assert!(seen.has_begun() && seen.signs_of_life() > 0);
    }

    #[test]
    fn several_choices_finish_one_by_one() {
        let chunk = |index: u32, reason: &str| {
            format!(
                "data: {{\"choices\":[{{\"index\":{index},\"delta\":{{}},\"finish_reason\":{reason}}}]}}\n\n"
            )
        };
        let mut watch = StreamWatch::of_choices(2);
        for (index, reason, is_finished) in
            [(0, "null", false), (0, "\"stop\"", false), (0, "\"stop\"", false), (1, "\"length\"", true)]
        {
            watch.feed(chunk(index, reason).as_bytes());
            assert_eq!(watch.is_finished(), is_finished, "{index} {reason}");
        }
        watch.feed(chunk(2, "null").as_bytes());
        assert!(!watch.is_finished());
        watch.feed(b"data: [DONE] \n\n");
        assert!(watch.is_finished());
    }
}
