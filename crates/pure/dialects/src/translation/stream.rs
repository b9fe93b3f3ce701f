//! A stream, translated as it comes.

use std::fmt;

use domain::{Failure, ModelUsage, Usage};

use super::back_map::BackMap;
use crate::Dialect;
use crate::canonical::{Event, Feature, Finish, ReplyFlaw};
use crate::framing::sse::{Event as Framed, SseParser};
use crate::json::{Halves, Item};
use crate::openai_chat::ErrorCodes;
use crate::translator::{StreamReader, StreamWriter, Voice};
use crate::watch::StreamFault;

/// Longest event that is translated: an image within one is long.
pub const EVENT_BYTES_MAX: usize = 8 << 20;
/// Of what the model wrote, so much is kept for counting, in case that the provider does not count.
const SAID_BYTES_MAX: usize = 1 << 20;
/// Longest error in a stream that is read for its words.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// A stream on its way from one dialect into another.
pub struct StreamTranslation {
    parser: SseParser,
    halves: Halves,
    reader: Box<dyn StreamReader>,
    writer: Box<dyn StreamWriter>,
    back_map: BackMap,
    state: Told,
    read: Vec<Event>,
    mapped: Vec<Event>,
}

/// What the stream has told so far.
#[derive(Debug, Default)]
struct Told {
    parts: u64,
    usage: Option<Usage>,
    usage_by_model: Vec<ModelUsage>,
    finish: Option<Finish>,
    /// The provider's end mark has come, or nothing more is wanted.
    is_done: bool,
    /// The caller has the ending.
    is_ended: bool,
    fault: Option<StreamFault>,
    said: String,
}

impl fmt::Debug for StreamTranslation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamTranslation").field("parts", &self.state.parts).finish_non_exhaustive()
    }
}

impl StreamTranslation {
    /// Translates from a provider's dialect into a caller's.
    pub fn new(from: Dialect, to: Dialect, back_map: BackMap, voice: Voice) -> Self {
        Self {
            parser: SseParser::with_limit(EVENT_BYTES_MAX),
            halves: Halves::default(),
            reader: from.translator().stream_reader(),
            writer: to.translator().stream_writer(voice),
            back_map,
            state: Told::default(),
            read: Vec::new(),
            mapped: Vec::new(),
        }
    }

    /// Reads the next chunk, and returns what the caller gets for it.
    pub fn feed(&mut self, chunk: &[u8]) -> String {
        let mut out = String::new();
        let Self { parser, halves, reader, writer, back_map, state, read, mapped } = self;
        parser.feed(chunk, |event| {
            if state.fault.is_some() || state.is_done || event.data.trim_ascii().is_empty() {
                return;
            }
            let mended = halves.mend(event.data);
            let event = Framed { data: mended.as_deref().unwrap_or(event.data), ..event };
            if let Err(ReplyFlaw { message }) = reader.read(event, read) {
                let is_json = Item::of_body(event.data).is_ok();
                state.fault =
                    Some(if is_json { StreamFault::Unfit(message) } else { StreamFault::Malformed });
                return;
            }
            // An error is no part of an answer: as long as nothing else has come, another target may answer.
            state.parts += read.iter().filter(|event| !matches!(event, Event::Fault { .. })).count() as u64;
            read.drain(..).for_each(|event| back_map.map(event, mapped));
            mapped.drain(..).for_each(|event| state.pass(&event, writer.as_mut(), &mut out));
            state.is_done |= back_map.is_cut();
        });
        if parser.has_missed() && state.fault.is_none() {
            state.fault = Some(StreamFault::Malformed);
        }
        out
    }

    /// Nothing more will come: what is open is closed, and an answer that is whole gets its ending. Where the provider has
    /// told no usage, `estimate` counts what the model wrote.
    pub fn end(&mut self, estimate: impl FnOnce(&str) -> Usage) -> String {
        let mut out = String::new();
        if self.state.is_ended || self.state.fault.is_some() {
            return out;
        }
        if !self.parser.is_between_events() {
            out.push_str(&self.feed(b"\n\n"));
        }
        let Self { reader, writer, back_map, state, read, mapped, .. } = self;
        reader.finish(read);
        read.drain(..).for_each(|event| back_map.map(event, mapped));
        mapped.drain(..).for_each(|event| state.pass(&event, writer.as_mut(), &mut out));
        if state.fault.is_some() || state.finish.is_none() {
            return out;
        }
        if state.usage.is_none() {
            let usage = estimate(&state.said);
            state.pass(&Event::Usage(usage), writer.as_mut(), &mut out);
        }
        writer.finish(&mut out);
        state.is_ended = true;
        out
    }

    /// What tells the caller that the answer cannot go on.
    pub fn fail(&mut self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> String {
        let mut out = String::new();
        self.writer.fail(failure, request_id, codes, &mut out);
        out
    }

    /// A sign of life for a caller who waits.
    pub fn ping(&mut self) -> String {
        let mut out = String::new();
        self.writer.ping(&mut out);
        out
    }

    /// Grows with everything that is a part of an answer, and with nothing else.
    pub fn signs_of_life(&self) -> u64 {
        self.state.parts.wrapping_add(self.parser.dripped_bytes())
    }

    /// How many parts of an answer have come.
    pub fn parts(&self) -> u64 {
        self.state.parts
    }

    /// The usage it told, or that was counted at its end.
    pub fn usage(&self) -> Option<Usage> {
        self.state.usage
    }

    /// The same by the models that used them, where there were several.
    pub fn usage_by_model(&self) -> &[ModelUsage] {
        &self.state.usage_by_model
    }

    /// What the model wrote so far, for counting what a broken answer has cost.
    pub fn said(&self) -> &str {
        &self.state.said
    }

    /// Whether it has said why it ends, and nothing of it can follow.
    pub fn is_done(&self) -> bool {
        self.state.is_done && self.state.fault.is_none()
    }

    /// Whether the finish has been named: its usage and the end mark may follow, and nothing that takes long.
    pub fn has_said_all(&self) -> bool {
        self.state.finish.is_some() && self.state.fault.is_none()
    }

    /// Whether a stop text cut it: the provider would go on.
    pub fn is_cut(&self) -> bool {
        self.back_map.is_cut()
    }

    /// Whether the caller has all of it, the ending included.
    pub fn is_whole(&self) -> bool {
        self.state.is_ended
    }

    /// Why it cannot go on.
    pub fn fault(&self) -> Option<&StreamFault> {
        self.state.fault.as_ref()
    }

    /// What of it could not be told as it was.
    pub fn losses(&self) -> Vec<Feature> {
        let of_end = self.state.finish.as_ref().and_then(Finish::loss);
        of_end.into_iter().chain(self.writer.loss()).collect()
    }
}

impl Told {
    fn pass(&mut self, event: &Event, writer: &mut dyn StreamWriter, out: &mut String) {
        match event {
            _ if self.fault.is_some() => return,
            Event::Fault { json } => {
                let words = (json.len() <= ERROR_BYTES_MAX).then(|| json.clone().into_bytes());
                self.fault = Some(StreamFault::Told(words));
                return;
            }
            Event::Usage(usage) => self.usage = Some(*usage),
            // No caller is told in his own dialect.
            Event::UsageByModel(parts) => return self.usage_by_model.clone_from(parts),
            // A finish comes once: who says it twice says nothing new.
            Event::Finish(_) if self.finish.is_some() => return,
            Event::Finish(finish) => self.finish = Some(finish.clone()),
            Event::End => self.is_done = true,
            Event::Delta { text, .. } if self.said.len() + text.len() <= SAID_BYTES_MAX => {
                self.said.push_str(text);
            }
            _ => {}
        }
        writer.write(event, out);
        if let Err(ReplyFlaw { message }) = writer.check() {
            self.fault = Some(StreamFault::Unfit(message));
        }
    }
}
