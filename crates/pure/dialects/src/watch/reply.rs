//! Watching an answer that is one JSON object: its usage, whether it is an error, whether it is whole.

use std::ops::Range;

use domain::{ModelUsage, Usage};

use super::numbers::parse_loose_usage;
use crate::Dialect;
use crate::json::ObjectScan;

/// What of an answer, or of a chunk of one, is read, whatever it is an answer to.
pub(crate) const WANTED: &[&str] = &["usage", "error", "object", "type"];
const ID: &str = "id";
const ID_PLACE: usize = WANTED.len();
pub(crate) const USAGE: usize = 0;
pub(crate) const ERROR: usize = 1;
/// What the object says it is.
pub(crate) const KIND: usize = 2;
const TYPE: usize = 3;

/// Whether the value of an `error` says that there is none. A long one says something.
pub(crate) fn is_no_error(value: Option<&[u8]>) -> bool {
    value.is_some_and(|value| [&b"null"[..], b"{}", b"[]", b"\"\"", b"false"].contains(&value))
}

/// Reads an answer while it passes.
#[derive(Debug)]
pub struct ReplyWatch {
    scan: ObjectScan,
    /// Where in the scan stand the members that make it an answer.
    answers: Range<usize>,
    /// `None` if it answers something else than a conversation.
    dialect: Option<Dialect>,
    is_broken: bool,
    /// Of a whole answer: read once, asked for twice.
    usage: Option<Usage>,
}

impl Default for ReplyWatch {
    fn default() -> Self {
        Self::of(Dialect::OpenAiChat, &["choices", "data"])
    }
}

impl ReplyWatch {
    /// Watches an answer in this dialect that has at least one of these members.
    pub fn of(dialect: Dialect, members: &[&'static str]) -> Self {
        Self { dialect: Some(dialect), ..Self::of_anything(members) }
    }

    /// Watches an answer that is no conversation.
    pub fn of_anything(members: &[&'static str]) -> Self {
        let wanted: Vec<&'static str> =
            WANTED.iter().copied().chain([ID]).chain(members.iter().copied()).collect();
        // Of what makes it an answer only the place matters: it may be all of it.
        let answers = ID_PLACE + 1..wanted.len();
        let scan = ObjectScan::of(wanted, answers.start);
        Self { scan, answers, dialect: None, is_broken: false, usage: None }
    }

    /// Reads the next piece; an answer that is no JSON object is only noted.
    pub fn feed(&mut self, piece: &[u8]) {
        self.is_broken = self.is_broken || self.scan.feed(piece).is_err();
        if self.is_whole() {
            self.usage = self.told_usage();
        }
    }

    /// Whether what has passed cannot become a JSON object any more.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Whether a whole JSON object has passed.
    pub fn is_whole(&self) -> bool {
        !self.is_broken && self.scan.is_whole()
    }

    /// Whether it has a top-level `error` that says something, or calls itself one.
    pub fn is_error(&self) -> bool {
        let text = |place| self.scan.field(place).map(|field| field.text.as_deref());
        let is_called_error = |place| text(place) == Some(Some(b"\"error\""));
        text(ERROR).is_some_and(|error| !is_no_error(error)) || is_called_error(KIND) || is_called_error(TYPE)
    }

    /// Whether it holds what an answer is for.
    pub fn has_answer(&self) -> bool {
        self.answers.is_empty() || self.answers.clone().any(|place| self.scan.field(place).is_some())
    }

    /// That `error`, if it is short enough to be read.
    pub fn error(&self) -> Option<&[u8]> {
        self.scan.field(ERROR)?.text.as_deref().filter(|text| !is_no_error(Some(text)))
    }

    /// The provider's id of it.
    pub fn id(&self) -> Option<String> {
        serde_json::from_slice(self.scan.field(ID_PLACE)?.text.as_deref()?).ok()
    }

    /// The usage it tells.
    pub fn usage(&self) -> Option<Usage> {
        if self.is_whole() { self.usage } else { self.told_usage() }
    }

    fn told_usage(&self) -> Option<Usage> {
        let text = self.scan.field(USAGE)?.text.as_deref()?;
        match self.dialect {
            Some(dialect) => dialect.translator().read_usage(text),
            None => parse_loose_usage(text),
        }
    }

    /// The same by the models that used them, where there were several.
    pub fn usage_by_model(&self) -> Vec<ModelUsage> {
        let text = self.scan.field(USAGE).and_then(|field| field.text.as_deref());
        let read = |dialect: Dialect| Some(dialect.translator().read_usage_by_model(text?));
        self.dialect.and_then(read).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::ReplyWatch;

    fn watch(body: &str) -> ReplyWatch {
        let mut watch = ReplyWatch::default();
        for piece in body.as_bytes().chunks(7) {
            watch.feed(piece);
        }
        watch
    }

    #[test]
    fn usage_is_taken_apart() {
        let reply = watch(
            r#"{"id":"x","usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21,
            "prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}}"#,
        );
        assert!(reply.is_whole() && !reply.is_error());
        assert_eq!(
            reply.usage(),
            Some(Usage { input: 8, cached_input: 4, output: 6, reasoning: 3, ..Usage::default() })
        );
    }

    #[test]
    fn odd_answers_are_noticed() {
        assert!(watch(r#"{"error":{"message":"no"}}"#).is_error());
        assert!(!watch(r#"{"error":null,"id":1}"#).is_error());
        assert!(!watch(r#"{"id":1"#).is_whole());
        assert!(!watch("<html>").is_whole() && watch("<html>").is_broken());
        assert!(!watch(r#"{"id":1"#).is_broken());
        assert_eq!(watch(r#"{"usage":null}"#).usage(), None);
        assert_eq!(watch(r#"{"usage":{"prompt_tokens":1234,"completion_tokens":56"#).usage(), None);
        assert!(watch(r#"{"usage":{"prompt_tokens":1,"completion_tokens":2},"id"#).usage().is_some());
    }
}
