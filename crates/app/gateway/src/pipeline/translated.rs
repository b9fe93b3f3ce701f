//! An answer of another dialect than the caller's, on its way through: a stream is translated as it comes, a whole answer
//! once it is whole.

use bytes::Bytes;
use dialects::canonical::Feature;
use dialects::translation::{BackMap, StreamTranslation, translate_reply};
use dialects::watch::ReplyWatch;
use dialects::{Dialect, Voice};
use domain::{ModelUsage, Usage};

use crate::pipeline::estimate::estimate_said;

/// What a translation of an answer is made of.
#[derive(Debug)]
pub(super) struct Translator {
    from: Dialect,
    to: Dialect,
    back_map: BackMap,
    voice: Voice,
}

impl Translator {
    pub(super) fn new(from: Dialect, to: Dialect, back_map: BackMap, voice: Voice) -> Self {
        Self { from, to, back_map, voice }
    }

    pub(super) fn into_stream(self) -> TranslatedStream {
        let input_tokens = self.voice.input_tokens;
        let translation = StreamTranslation::new(self.from, self.to, self.back_map, self.voice);
        TranslatedStream { translation, input_tokens }
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
}

impl TranslatedStream {
    /// Reads the next piece and returns what the caller gets for it. Its ending is not waited for once all is said.
    pub(super) fn pass(&mut self, piece: &[u8]) -> Bytes {
        let mut out = self.translation.feed(piece);
        if self.translation.is_done() {
            out.push_str(&self.end_text());
        }
        Bytes::from(out)
    }

    /// Nothing more will come.
    pub(super) fn end(&mut self) -> Bytes {
        Bytes::from(self.end_text())
    }

    fn end_text(&mut self) -> String {
        let input_tokens = self.input_tokens;
        self.translation.end(|said| estimate_said(input_tokens, said))
    }

    /// As the provider says, or for as much as was said.
    pub(super) fn usage(&self) -> Option<Usage> {
        let said = self.translation.said();
        self.translation
            .usage()
            .or_else(|| (!said.is_empty()).then(|| estimate_said(self.input_tokens, said)))
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
        let Translator { from, to, back_map, voice } = translator;
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
