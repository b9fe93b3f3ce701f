//! Watching a stream that passes: usage, the finish, an in-band error, the end mark, and whether each event is sound.
//! The bytes pass untouched; how many of them may leave is told, not decided, here.

use std::fmt;
use std::ops::Range;

use domain::{ModelUsage, Usage};

use super::facts::{Facts, StreamFault};
use super::loose::LOOSE_EVENT_BYTES_MAX;
use super::reading::Reading;
use crate::Dialect;
use crate::canonical;
use crate::framing::sse::{Event, SseParser};
use crate::openai_chat::ChatReading;
use crate::translator::StreamReader;

/// Of what a model writes, so much is kept for counting.
const SAID_BYTES_MAX: usize = 1 << 20;

/// What a stream has told so far.
#[derive(Debug)]
pub struct StreamWatch {
    parser: SseParser,
    facts: Facts,
    reading: Reading,
    said: Option<Box<Said>>,
}

/// What the model wrote, for providers known to tell no usage.
struct Said {
    reader: Box<dyn StreamReader>,
    events: Vec<canonical::Event>,
    text: String,
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

impl Default for StreamWatch {
    fn default() -> Self {
        Self::new(Reading::Chat(Box::default()))
    }
}

impl StreamWatch {
    fn new(reading: Reading) -> Self {
        Self { parser: SseParser::default(), facts: Facts::default(), reading, said: None }
    }

    /// Watches a stream of this dialect.
    pub fn of_dialect(dialect: Dialect) -> Self {
        Self::new(Reading::of_dialect(dialect))
    }

    /// Watches events that are no conversation: they end with an event whose type ends in `.done` or `.completed`.
    pub fn of_anything() -> Self {
        Self { parser: SseParser::with_limit(LOOSE_EVENT_BYTES_MAX), ..Self::new(Reading::loose()) }
    }

    /// Watches a chat stream of several choices, of which this many were asked for: it is finished when all are.
    pub fn of_choices(asked: u64) -> Self {
        Self::new(Reading::Chat(Box::new(ChatReading::of_choices(asked))))
    }

    /// Keeps back the event that tells the usage and nothing else: the caller did not ask for it.
    pub fn hide_usage(&mut self) {
        if let Reading::Chat(chat) = &mut self.reading {
            chat.hides_usage = true;
        }
    }

    /// Keeps what the model writes, so that it can be counted.
    pub fn keep_said(&mut self, dialect: Dialect) {
        let reader = dialect.translator().stream_reader();
        self.said = Some(Box::new(Said { reader, events: Vec::new(), text: String::new() }));
    }

    /// What the model wrote, if it is kept.
    pub fn said(&self) -> Option<&str> {
        self.said.as_ref().map(|said| said.text.as_str())
    }

    /// Reads the next chunk.
    pub fn feed(&mut self, chunk: &[u8]) {
        let facts = &mut self.facts;
        facts.hidden.clear();
        if facts.fault.is_some() {
            facts.ends_at = Some(0);
        } else if facts.is_done {
            facts.ends_at = Some(self.parser.read_rest_of_line_end(chunk));
            return;
        }
        let (reading, said) = (&mut self.reading, &mut self.said);
        self.parser.feed(chunk, |event| {
            // What follows the last word in the same chunk is not even read.
            if facts.fault.is_none() && !facts.is_done {
                facts.events += 1;
                reading.read(facts, event);
                if let Some(said) = said {
                    said.read(event);
                }
            }
        });
        if facts.is_done && facts.ends_at < Some(chunk.len()) {
            // The line that may have ended with the chunk is none of the answer's.
            self.parser.forget_line_end();
        }
        // What nobody has read may have been the last event: the framing decides.
        facts.is_finished |= matches!(reading, Reading::Loose(_)) && self.parser.has_missed();
    }

    /// How many bytes of the chunk read last may leave: up to the end of its last whole event, and nothing from an event
    /// at fault on, nor anything behind the last word.
    pub fn whole_bytes(&self) -> usize {
        self.facts.ends_at.unwrap_or_else(|| self.parser.whole_bytes())
    }

    /// What of those bytes is to be kept back, in order. What begins at the start of the chunk may have begun before it.
    pub fn hidden(&self) -> &[Range<usize>] {
        &self.facts.hidden
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

    /// The provider's id of the answer, of dialects that keep answers.
    pub fn id(&self) -> Option<&str> {
        self.facts.id.as_deref()
    }

    /// The usage it told, the last one if several.
    pub fn usage(&self) -> Option<Usage> {
        self.facts.usage
    }

    /// Pieces of text that have come since, and that it does not count.
    pub fn deltas_behind_usage(&self) -> u64 {
        self.facts.deltas_behind_usage
    }

    /// The same by the models that used them, where there were several.
    pub fn usage_by_model(&self) -> &[ModelUsage] {
        &self.facts.usage_by_model
    }

    /// Whether the choice has named its finish reason (each of them, where several were asked for), or the end mark
    /// has passed.
    pub fn is_finished(&self) -> bool {
        self.facts.is_finished || self.facts.is_done
    }

    /// Whether a conversation has named its finish: its usage and the end mark may follow, and nothing that takes long.
    pub fn has_said_all(&self) -> bool {
        self.facts.is_finished && !matches!(self.reading, Reading::Loose(_))
    }

    /// Whether the usage has come behind the finish, too, or the caller will not miss it: only the end mark is missing.
    pub fn lacks_only_its_mark(&self) -> bool {
        let needs_usage = matches!(&self.reading, Reading::Chat(chat) if !chat.hides_usage);
        self.has_said_all() && (self.facts.usage.is_some() || !needs_usage)
    }

    /// Whether the end mark has passed.
    pub fn is_done(&self) -> bool {
        self.facts.is_done
    }

    /// Whether nothing more of it may leave: its last word has passed, or it cannot go on.
    pub fn is_closed(&self) -> bool {
        self.facts.ends_at.is_some()
    }

    /// Whether an error came in the stream.
    pub fn is_error(&self) -> bool {
        matches!(self.facts.fault, Some(StreamFault::Told(_)))
    }

    /// Why it cannot go on.
    pub fn fault(&self) -> Option<&StreamFault> {
        self.facts.fault.as_ref()
    }

    /// Whether the stream so far ends between two events; what follows the last word is none of it.
    pub fn is_between_events(&self) -> bool {
        self.facts.is_done || self.parser.is_between_events()
    }
}

impl Said {
    fn read(&mut self, event: Event<'_>) {
        self.events.clear();
        // Whether it is sound is found elsewhere.
        let _ = self.reader.read(event, &mut self.events);
        for event in self.events.drain(..) {
            if let canonical::Event::Delta { text, .. } = event
                && self.text.len() + text.len() <= SAID_BYTES_MAX
            {
                self.text.push_str(&text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect;
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
    fn usage_is_found_where_hosts_put_it() {
        for stream in [
            r#"data: {"choices":[{"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":3,"completion_tokens":2}}],"usage":null}"#,
            r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"q","usage":{"prompt_tokens":3,"completion_tokens":2}}}"#,
        ] {
            let seen = watch(&format!("{stream}\n\n"));
            assert_eq!(seen.usage(), Some(Usage { input: 3, output: 2, ..Usage::default() }), "{stream}");
            assert!(seen.is_finished());
        }
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
        let status = |code: u32| {
            format!(
                r#"data: {{"choices":null,"base_resp":{{"status_code":{code},"status_msg":"no credit"}}}}"#
            ) + "\n\n"
        };
        assert!(watch(&status(1008)).is_error() && !watch(&status(0)).is_error());
        let chunk = "data: {\"choices\":[{\"delta\":{}}]}\n\n";
        assert!(!watch(&(chunk.to_owned() + &status(0))).is_error());
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
    fn what_comes_behind_the_first_usage_of_messages_is_not_in_it() {
        let mut watch = StreamWatch::of_dialect(Dialect::AnthropicMessages);
        let delta = |name: &str| {
            let data = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}"#;
            format!("{name}data: {data}\n\n")
        };
        let start = r#"{"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}}"#;
        watch.feed(format!("data: {start}\n\n").as_bytes());
        assert_eq!((watch.usage().unwrap().output, watch.deltas_behind_usage()), (1, 0));
        watch.feed(format!("{}{}", delta("event: content_block_delta\n"), delta("")).as_bytes());
        assert_eq!(watch.deltas_behind_usage(), 2, "with and without its name before it");
        let rest =
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#;
        watch.feed(format!("data: {rest}\n\n").as_bytes());
        assert_eq!((watch.usage().unwrap().output, watch.deltas_behind_usage()), (2, 0));
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
        // Some name one reason for all.
        watch.feed(b"data: [DONE] \n\n");
        assert!(watch.is_finished());
        let mut none = StreamWatch::of_choices(2);
        none.feed([chunk(0, "null"), chunk(1, "null"), "data: [DONE]\n\n".to_owned()].concat().as_bytes());
        assert!(!none.is_finished() && !none.is_done() && none.fault().is_some());
    }

    /// What a stream says, and whether its end mark is its end.
    fn check_end(dialect: Dialect, events: &str, end: &str, is_end: bool) {
        let (mut watch, stream) = (StreamWatch::of_dialect(dialect), [events, end].concat());
        watch.feed(stream.as_bytes());
        assert_eq!((watch.is_done(), watch.fault().is_none()), (is_end, is_end), "{stream}");
        assert_eq!(watch.whole_bytes(), if is_end { stream.len() } else { events.len() }, "{stream}");
    }

    #[test]
    fn the_end_mark_of_a_chat_is_its_end_once_a_reason_or_whole_calls_were_told() {
        let chunk = |delta: &str, reason: &str| {
            format!(
                "data: {{\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{reason}}}]}}\n\n"
            )
        };
        let call = |arguments: &str| {
            format!(
                "{{\"tool_calls\":[{{\"index\":0,\"function\":{{\"name\":\"f\",\"arguments\":\"{arguments}\"}}}}]}}"
            )
        };
        let (text, usage) =
            ("{\"content\":\"x\"}", "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n");
        for (events, is_end) in [
            (String::new(), false),
            (usage.to_owned(), false),
            (chunk(text, "null"), false),
            (chunk(text, "null") + usage, false),
            (chunk(text, "\"stop\"") + usage, true),
            (chunk("{}", "\"stop\""), true),
            // Some have an empty word for the end …
            (chunk(text, "\"\""), true),
            (chunk(text, "\"\"") + usage, true),
            (chunk(text, "\"\"") + &chunk(text, "null"), false),
            // … and some close behind whole calls without any.
            (chunk(&call("{}"), "null"), true),
            (chunk(&call("{\\\"a\\\":"), "null") + &chunk(&call("1}"), "null") + usage, true),
            (chunk(&call("{\\\"a\\\":"), "null"), false),
            (chunk(&call("{\\\"a\\\":"), "\"\""), false),
            // What a model itself wrote half is its answer.
            (chunk(&call("{\\\"a\\\":"), "null") + &chunk("{}", "\"tool_calls\""), true),
        ] {
            check_end(Dialect::OpenAiChat, &events, "data: [DONE]\n\n", is_end);
        }
    }

    #[test]
    fn the_end_of_a_message_is_its_end_once_a_reason_was_told() {
        let event =
            |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
        let start = event("message_start", ",\"message\":{\"id\":\"m\"}");
        let block =
            event("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"x\"}");
        let delta =
            |reason: &str| event("message_delta", &format!(",\"delta\":{{\"stop_reason\":{reason}}}"));
        for (events, is_end) in [
            (String::new(), false),
            (start.clone(), false),
            ([start.as_str(), &block].concat(), false),
            ([start.as_str(), &block, &delta("null")].concat(), false),
            // Some never end their blocks.
            ([start.as_str(), &block, &delta("\"end_turn\"")].concat(), true),
        ] {
            check_end(Dialect::AnthropicMessages, &events, &event("message_stop", ""), is_end);
        }
    }

    #[test]
    fn the_end_of_a_response_is_its_end_once_its_messages_and_calls_have_ended() {
        let event =
            |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
        let item = r#"{"id":"f","type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#;
        let added = event("response.output_item.added", &format!(",\"output_index\":0,\"item\":{item}"));
        let done = event("response.output_item.done", &format!(",\"output_index\":0,\"item\":{item}"));
        let said = event("response.function_call_arguments.done", ",\"item_id\":\"f\",\"arguments\":\"{}\"");
        let thought = added.replace("function_call", "reasoning");
        let end = |status: &str, output: &str| {
            let response =
                format!(",\"response\":{{\"id\":\"r\",\"status\":\"{status}\",\"output\":[{output}]}}");
            event(&format!("response.{status}"), &response)
        };
        for (events, end, is_end) in [
            (added.clone(), end("completed", ""), false),
            (added.clone(), end("incomplete", ""), true),
            (added.clone(), end("completed", item), true),
            (added.clone() + &done, end("completed", ""), true),
            (added + &said, end("completed", ""), true),
            (thought, end("completed", ""), true),
            (String::new(), end("completed", ""), true),
        ] {
            check_end(Dialect::OpenAiResponses, &events, &end, is_end);
        }
    }
}
