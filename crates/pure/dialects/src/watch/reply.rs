//! Watching an answer that is one JSON object: its usage, whether it is an error, whether it is whole.

use std::ops::Range;

use domain::{ModelUsage, ServiceTier, Usage};

use super::counted::{Counted, PieceCount};
use super::numbers::{parse_loose_usage, thousandths};
use crate::Dialect;
use crate::json::ObjectScan;

/// What of an answer, or of a chunk of one, is read, whatever it is an answer to.
pub(crate) const WANTED: &[&str] = &["usage", "error", "object", "type"];
/// What else is read of a conversation …
const OF_CONVERSATIONS: [&str; 2] = ["id", "service_tier"];
/// … and of anything else: what is billed in place of tokens.
const OF_ANYTHING: [&str; 3] = ["id", "meta", "duration"];
/// The one member that makes an answer and is no list.
const COUNT: &str = "input_tokens";
const ID_PLACE: usize = WANTED.len();
const TIER_PLACE: usize = ID_PLACE + 1;
const META_PLACE: usize = ID_PLACE + 1;
const DURATION_PLACE: usize = ID_PLACE + 2;
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
    /// What is counted besides, of answers that may hold it.
    count: Option<Box<PieceCount>>,
    is_of_pictures: bool,
    /// It answers with a number.
    is_count: bool,
}

impl Default for ReplyWatch {
    fn default() -> Self {
        Self::of(Dialect::OpenAiChat, &["choices", "data"])
    }
}

impl ReplyWatch {
    /// Watches an answer in this dialect that has at least one of these members.
    pub fn of(dialect: Dialect, members: &[&'static str]) -> Self {
        // Only there searches are items of an answer, and counted nowhere.
        let counted = (dialect == Dialect::OpenAiResponses).then_some(Counted::Searches);
        Self { dialect: Some(dialect), ..Self::with(&OF_CONVERSATIONS, members) }.counting(counted)
    }

    /// Watches an answer that is no conversation.
    pub fn of_anything(members: &[&'static str]) -> Self {
        Self::with(&OF_ANYTHING, members)
    }

    /// Watches an answer that is pictures.
    pub fn of_pictures(members: &[&'static str]) -> Self {
        Self { is_of_pictures: true, ..Self::of_anything(members) }.counting(Some(Counted::Images))
    }

    fn with(besides: &[&'static str], members: &[&'static str]) -> Self {
        let wanted: Vec<&'static str> = [WANTED, besides, members].concat();
        // Of what makes it an answer only the place matters: it may be all of it.
        let answers = WANTED.len() + besides.len()..wanted.len();
        let scan = ObjectScan::of(wanted, answers.start);
        Self {
            scan,
            answers,
            dialect: None,
            is_broken: false,
            usage: None,
            count: None,
            is_of_pictures: false,
            is_count: members == [COUNT],
        }
    }

    fn counting(self, counted: Option<Counted>) -> Self {
        Self { count: counted.map(|what| Box::new(PieceCount::of(what))), ..self }
    }

    /// Reads the next piece; an answer that is no JSON object is only noted.
    pub fn feed(&mut self, piece: &[u8]) {
        self.is_broken = self.is_broken || self.scan.feed(piece).is_err();
        if let Some(count) = &mut self.count {
            count.feed(piece);
        }
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

    /// Whether it holds what an answer is for: some write `null` there, beside an error in words of their own. All of it are
    /// lists, but a count of tokens.
    pub fn has_answer(&self) -> bool {
        let is_told = |place| {
            self.scan.field(place).is_some_and(|field| field.is_list || (self.is_count && !field.is_null))
        };
        self.answers.is_empty() || self.answers.clone().any(is_told)
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
        let counted = self.count.as_ref().map_or(0, |count| count.count());
        match self.dialect {
            Some(dialect) => {
                let mut usage = dialect.translator().read_usage(self.text(USAGE)?)?;
                usage.searches = usage.searches.saturating_add(counted);
                if let Some(tier) = self.text(TIER_PLACE) {
                    usage.service_tier = ServiceTier::of_json(tier);
                }
                Some(usage)
            }
            None => self.loose_usage(counted),
        }
    }

    /// Of what is no conversation: what `usage` tells, or what stands in its place.
    fn loose_usage(&self, images: u32) -> Option<Usage> {
        let read = |place| parse_loose_usage(self.text(place)?, self.is_of_pictures);
        let told = read(USAGE).or_else(|| read(META_PLACE));
        let mut usage = told.unwrap_or_default();
        usage.images = images;
        if usage.audio_ms == 0 && usage.total() == 0 {
            usage.audio_ms = self.text(DURATION_PLACE).and_then(thousandths).unwrap_or(0);
        }
        (told.is_some() || !usage.is_nothing()).then_some(usage)
    }

    fn text(&self, place: usize) -> Option<&[u8]> {
        self.scan.field(place)?.text.as_deref()
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
    use crate::Dialect;

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
        assert!(!watch(r#"{"id":1,"choices":null}"#).has_answer());
        assert!(watch(r#"{"id":1,"choices":[]}"#).has_answer());
        for odd in [r#""x""#, "{}", "7", "true"] {
            assert!(!watch(&format!("{{\"choices\":{odd}}}")).has_answer(), "{odd}");
        }
        let mut count = ReplyWatch::of(Dialect::AnthropicMessages, &["input_tokens"]);
        count.feed(br#"{"input_tokens":7}"#);
        assert!(count.has_answer());
        assert!(!watch("<html>").is_whole() && watch("<html>").is_broken());
        assert!(!watch(r#"{"id":1"#).is_broken());
        assert_eq!(watch(r#"{"usage":null}"#).usage(), None);
        assert_eq!(watch(r#"{"usage":{"prompt_tokens":1234,"completion_tokens":56"#).usage(), None);
        assert!(watch(r#"{"usage":{"prompt_tokens":1,"completion_tokens":2},"id"#).usage().is_some());
    }

    #[test]
    fn the_tier_that_served_it_is_told_beside_the_usage() {
        let tier = |tier: &str| {
            let body =
                format!(r#"{{"service_tier":{tier},"usage":{{"prompt_tokens":1,"completion_tokens":2}}}}"#);
            watch(&body).usage().unwrap().service_tier.name().to_owned()
        };
        assert_eq!(tier("\"flex\""), "flex");
        assert_eq!((tier("\"default\""), tier("null")), ("standard".to_owned(), "standard".to_owned()));
    }

    #[test]
    fn what_is_paid_by_the_piece_is_counted() {
        let usage = |mut watch: ReplyWatch, body: &str| {
            body.as_bytes().chunks(7).for_each(|piece| watch.feed(piece));
            watch.usage()
        };
        let pictures = |body: &str| usage(ReplyWatch::of_pictures(&["data"]), body);
        let plain = Usage::default();
        assert_eq!(
            pictures(r#"{"created":1,"data":[{"url":"https://a"},{"url":"https://b"}]}"#),
            Some(Usage { images: 2, ..plain })
        );
        assert_eq!(
            pictures(r#"{"data":[{"b64_json":"QUJD"}],"usage":{"input_tokens":3,"output_tokens":7}}"#),
            Some(Usage { input: 3, image_output: 7, images: 1, ..plain })
        );
        let anything = |body: &str| usage(ReplyWatch::of_anything(&[]), body);
        assert_eq!(
            anything(
                r#"{"results":[],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}"#
            ),
            Some(Usage { searches: 1, ..plain })
        );
        assert_eq!(
            anything(r#"{"task":"transcribe","duration":8.47,"text":"a"}"#),
            Some(Usage { audio_ms: 8470, ..plain })
        );
        assert_eq!(
            anything(r#"{"duration":8.47,"text":"a","usage":{"type":"duration","seconds":9}}"#),
            Some(Usage { audio_ms: 9000, ..plain })
        );
        assert_eq!(anything(r#"{"text":"a"}"#), None);
        let answer = r#"{"id":"r","output":[{"type":"web_search_call","action":{"type":"search"}}],"service_tier":"priority","usage":{"input_tokens":3,"output_tokens":7}}"#;
        let told = usage(ReplyWatch::of(Dialect::OpenAiResponses, &["output"]), answer).unwrap();
        assert_eq!((told.searches, told.service_tier.name()), (1, "priority"));
    }
}
