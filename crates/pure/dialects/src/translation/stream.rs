//! A stream, translated as it comes.

use std::fmt;

use domain::{Failure, ModelUsage, Usage};

use super::back_map::BackMap;
use super::keep::Keep;
use super::passage::Passage;
use crate::Dialect;
use crate::canonical::{Event, Feature, Finish, ReplyFlaw};
use crate::framing::sse::{Event as Framed, SseParser};
use crate::json::{Halves, Item};
use crate::openai_chat::ErrorCodes;
use crate::translator::{StreamReader, StreamWriter, Voice};
use crate::watch::StreamFault;

/// Longest event that is translated: an image within one is long.
pub const EVENT_BYTES_MAX: usize = 8 << 20;

/// A stream on its way from one dialect into another.
pub struct StreamTranslation {
    pub(super) source: Source,
    pub(super) writer: Box<dyn StreamWriter>,
    /// What is kept of it where it is to outlive its source.
    pub(super) keep: Option<Box<Keep>>,
    pub(super) state: Passage,
    /// The caller is to be shown that the answer begins anew, once it does.
    pub(super) is_to_restart: bool,
    read: Vec<Event>,
    mapped: Vec<Event>,
}

/// Where the answer comes from.
pub(super) struct Source {
    parser: SseParser,
    halves: Halves,
    reader: Box<dyn StreamReader>,
    back_map: BackMap,
}

impl Source {
    pub(super) fn new(dialect: Dialect, back_map: BackMap) -> Self {
        Self {
            parser: SseParser::with_limit(EVENT_BYTES_MAX),
            halves: Halves::default(),
            reader: dialect.translator().stream_reader(),
            back_map,
        }
    }

    /// Bytes that came without the end of their line.
    pub(super) fn dripped_bytes(&self) -> u64 {
        self.parser.dripped_bytes()
    }
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
            source: Source::new(from, back_map),
            writer: to.translator().stream_writer(voice),
            keep: None,
            state: Passage::default(),
            is_to_restart: false,
            read: Vec::new(),
            mapped: Vec::new(),
        }
    }

    /// Reads the next chunk, and returns what the caller gets for it.
    pub fn feed(&mut self, chunk: &[u8]) -> String {
        let mut out = String::new();
        let Self { source, writer, keep, state, is_to_restart, read, mapped } = self;
        let Source { parser, halves, reader, back_map } = source;
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
            let mut telling = Telling { keep, state, writer: writer.as_mut(), is_to_restart, out: &mut out };
            mapped.drain(..).for_each(|event| telling.take(event));
            state.is_done |= back_map.is_cut();
        });
        if parser.has_missed() && state.fault.is_none() && !state.is_done {
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
        if !self.source.parser.is_between_events() {
            out.push_str(&self.feed(b"\n\n"));
            // Of an answer that is all said, half an event behind it takes nothing away.
            if self.keep.is_some() && self.state.finish.is_some() {
                self.state.fault.take_if(|fault| *fault == StreamFault::Malformed);
            }
        }
        let Self { source, writer, keep, state, is_to_restart, read, mapped } = self;
        source.reader.finish(read);
        read.drain(..).for_each(|event| source.back_map.map(event, mapped));
        let mut telling = Telling { keep, state, writer: writer.as_mut(), is_to_restart, out: &mut out };
        mapped.drain(..).for_each(|event| telling.take(event));
        if state.fault.is_some() || state.finish.is_none() {
            return out;
        }
        if state.spent.now().is_none() {
            let usage = estimate(&state.said);
            state.count(usage, writer.as_mut(), &mut out);
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
        self.state.parts.wrapping_add(self.state.dripped_before.wrapping_add(self.source.dripped_bytes()))
    }

    /// How many parts of an answer have come.
    pub fn parts(&self) -> u64 {
        self.state.parts
    }

    /// The usage it told, or that was counted at its end: the sum of all its sources.
    pub fn usage(&self) -> Option<Usage> {
        self.state.spent.sum()
    }

    /// The same by the models that used them, where there were several.
    pub fn usage_by_model(&self) -> &[ModelUsage] {
        self.state.spent.by_model()
    }

    /// What the model of its present source wrote so far, for counting what a broken answer has cost.
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
        self.source.back_map.is_cut()
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

/// On its way from the source to the caller.
struct Telling<'s> {
    keep: &'s mut Option<Box<Keep>>,
    state: &'s mut Passage,
    writer: &'s mut dyn StreamWriter,
    is_to_restart: &'s mut bool,
    out: &'s mut String,
}

impl Telling<'_> {
    fn take(&mut self, event: Event) {
        let Self { keep, state, writer, is_to_restart, out } = self;
        state.hear(&event);
        let Some(keep) = keep.as_mut() else { return state.tell(&event, *writer, out) };
        // What is not told must not be taken for told.
        if state.fault.is_some() {
            return;
        }
        let mut told = Vec::new();
        if let Err(ReplyFlaw { message }) = keep.take(event, &mut told) {
            state.fault = Some(StreamFault::Unfit(message));
        }
        for event in told {
            state.tell_kept(&event, *writer, is_to_restart, out);
        }
    }
}
