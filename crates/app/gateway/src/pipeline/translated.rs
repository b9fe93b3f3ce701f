//! An answer of another dialect than the caller's, on its way through: a stream is translated as it comes, a whole answer
//! once it is whole.

use bytes::Bytes;
use dialects::canonical::Feature;
use dialects::translation::{BackMap, Rescue, Segment, StreamTranslation, translate_reply};
use dialects::watch::{ReplyWatch, StreamFault};
use dialects::{Dialect, Voice};
use domain::{ModelUsage, Usage};

use crate::pipeline::estimate::estimate_said;
use crate::pipeline::events::Events;
use crate::pipeline::next_source::NextSource;

/// What a translation of an answer is made of.
#[derive(Debug)]
pub(super) struct Translator {
    from: Dialect,
    to: Dialect,
    back_map: BackMap,
    voice: Voice,
    rescue: Option<Rescue>,
}

impl Translator {
    pub(super) fn new(from: Dialect, to: Dialect, back_map: BackMap, voice: Voice) -> Self {
        Self { from, to, back_map, voice, rescue: None }
    }

    /// A stream is made ready to outlive its source.
    pub(super) fn make_ready(&mut self, rescue: Rescue) {
        self.rescue = Some(rescue);
    }

    pub(super) fn into_back_map(self) -> BackMap {
        self.back_map
    }

    pub(super) fn into_stream(self) -> TranslatedStream {
        let input_tokens = self.voice.input_tokens;
        let translation = StreamTranslation::new(self.from, self.to, self.back_map, self.voice);
        let translation = match self.rescue {
            Some(rescue) => translation.with_rescue(rescue),
            None => translation,
        };
        TranslatedStream { translation, input_tokens, later: None, misfit: None }
    }

    pub(super) fn into_whole(self, members: &[&'static str]) -> TranslatedWhole {
        let watch = ReplyWatch::of(self.from, members);
        TranslatedWhole {
            watch,
            body: Vec::new(),
            translator: Some(self),
            usage: None,
            usage_by_model: Vec::new(),
            losses: Vec::new(),
        }
    }
}

/// A stream.
#[derive(Debug)]
pub(crate) struct TranslatedStream {
    pub(super) translation: StreamTranslation,
    input_tokens: u64,
    /// What of a later source is sound; the first was judged as it was translated.
    later: Option<Box<Events>>,
    misfit: Option<StreamFault>,
}

impl TranslatedStream {
    /// Reads the next piece and returns what the caller gets for it. Its ending is not waited for once all is said.
    pub(super) fn pass(&mut self, piece: Bytes) -> Bytes {
        let mut out = match &mut self.later {
            None => self.translation.feed(&piece),
            Some(later) => self.translation.feed(&later.pass(piece)),
        };
        if self.translation.is_done() {
            out.push_str(&self.end_text());
        }
        self.look_for_misfit();
        Bytes::from(out)
    }

    /// Nothing more will come.
    pub(super) fn end(&mut self) -> Bytes {
        let mut out = match &mut self.later {
            None => String::new(),
            Some(later) => self.translation.feed(&later.end()),
        };
        out.push_str(&self.end_text());
        self.look_for_misfit();
        Bytes::from(out)
    }

    fn end_text(&mut self) -> String {
        let input_tokens = self.input_tokens;
        self.translation.end(|said| estimate_said(input_tokens, said))
    }

    /// As its sources say, or for as much as was said: what one says before the finish may count only the beginning.
    pub(super) fn usage(&self) -> Option<Usage> {
        let now = self.usage_of_source();
        match self.translation.usage_before() {
            Some(before) => Some(now.map_or(before, |now| before.plus(now))),
            None => now,
        }
    }

    /// What its present source has used.
    pub(super) fn usage_of_source(&self) -> Option<Usage> {
        let said = self.translation.said();
        let counted = || estimate_said(self.input_tokens, said);
        match self.translation.usage_of_source() {
            Some(told) if said.is_empty() || self.translation.has_said_all() => Some(told),
            Some(told) => Some(told.with_uncounted(counted().output.saturating_sub(told.output_total()))),
            None => (!said.is_empty()).then(counted),
        }
    }

    /// Why it cannot go on.
    pub(super) fn fault(&self) -> Option<&StreamFault> {
        let of_later = self.later.as_ref().and_then(|later| later.watch.fault());
        of_later.or(self.misfit.as_ref()).or(self.translation.fault())
    }

    /// Its source broke, and what it used is returned.
    pub(super) fn break_off(&mut self) -> Segment {
        let input_tokens = self.input_tokens;
        self.translation.break_off(|said| estimate_said(input_tokens, said))
    }

    /// Another source goes on, of which this much has come; returns what the caller gets for it.
    pub(super) fn go_on(&mut self, next: NextSource, events: Events, first: &[u8], is_shown: bool) -> Bytes {
        let NextSource { dialect, back_map, approach } = next;
        if is_shown {
            self.translation.restart_visibly(dialect, back_map);
        } else {
            self.translation.go_on(dialect, back_map, approach.repeats());
        }
        (self.later, self.misfit) = (Some(Box::new(events)), None);
        let mut out = self.translation.feed(first);
        if self.translation.is_done() {
            out.push_str(&self.end_text());
        }
        self.look_for_misfit();
        Bytes::from(out)
    }

    /// Whether its source says something else than was told.
    pub(super) fn has_misfit(&self) -> bool {
        self.misfit.is_some()
    }

    fn look_for_misfit(&mut self) {
        if self.misfit.is_none() && self.translation.has_misfit() {
            self.misfit =
                Some(StreamFault::Unfit("answered with something else than was told before".to_owned()));
        }
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct TranslatedWhole {
    /// The provider's own words, looked at as those of any answer.
    pub(super) watch: ReplyWatch,
    body: Vec<u8>,
    translator: Option<Translator>,
    usage: Option<Usage>,
    usage_by_model: Vec<ModelUsage>,
    pub(super) losses: Vec<Feature>,
}

impl TranslatedWhole {
    pub(super) fn keep(&mut self, piece: &[u8]) {
        self.watch.feed(piece);
        self.body.extend_from_slice(piece);
    }

    /// What came, as it came.
    pub(super) fn raw(&self) -> &[u8] {
        &self.body
    }

    /// The answer as the caller reads it; `Err` says why it is none.
    pub(super) fn translate(&mut self) -> Result<Bytes, String> {
        let translator = self.translator.take().ok_or("was translated before")?;
        let Translator { from, to, back_map, voice, rescue: _ } = translator;
        let body = std::mem::take(&mut self.body);
        let input_tokens = voice.input_tokens;
        let estimate = |said: &str| estimate_said(input_tokens, said);
        let reply =
            translate_reply(from, to, &body, back_map, &voice, estimate).map_err(|flaw| flaw.message)?;
        self.usage = Some(reply.usage);
        self.usage_by_model = reply.usage_by_model;
        self.losses = reply.losses;
        Ok(Bytes::from(reply.body))
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        self.usage
    }

    pub(super) fn usage_by_model(&self) -> &[ModelUsage] {
        &self.usage_by_model
    }
}
