//! What a caller asks of us by headers. Read in one pass: most calls have none of them, and a look-up costs more than that.

use std::time::Duration;

use domain::{Failure, Kind};
use http::{HeaderMap, HeaderValue};

use crate::no_target::PREFER;

/// What all of these headers begin with, or what SDKs tell of themselves.
const OURS: &str = "x-bellwether-";
const SDKS: &str = "x-stainless-";

/// Wishes for one call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Wishes<'h> {
    /// `x-bellwether-strict: true`, of who wants nothing lost: what would be a warning is then a refusal. It only adds to his key:
    /// no value of it loosens a strict one.
    pub(crate) is_strict: bool,
    /// `x-bellwether-prefer`: the model that he would like best.
    pub(crate) prefers: Option<&'h str>,
    /// `x-bellwether-session`: ties his requests to one target, where the policy is to do so.
    pub(crate) session: Option<&'h str>,
    /// `x-bellwether-fallback: off`, of who has a chain of his own.
    pub(crate) is_without_fallback: bool,
    /// `x-bellwether-resume: off`, of who would rather be told of a break than have others go on.
    pub(crate) is_without_resume: bool,
    /// `x-bellwether-low-balance: shorten`, of who would rather have a short answer than none.
    pub(crate) would_be_short: bool,
    /// `x-bellwether-user`: for whom he asks, by his own name for that person.
    pub(crate) end_user: Option<&'h str>,
    /// `x-bellwether-priority: batch`, of who lets others go before him.
    pub(crate) is_batch: bool,
    /// `x-bellwether-include`, names parted by commas: `routing`, facts about it in the body.
    pub(crate) wants_routing: bool,
    /// Likewise `cost`, what it cost.
    pub(crate) wants_cost: bool,
    /// `x-bellwether-cache`: what he wants of kept answers.
    pub(crate) cache: Option<&'h HeaderValue>,
    /// How long his SDK waits for the next byte: `x-stainless-read-timeout`, or for all: `x-stainless-timeout`. The first counts.
    pub(crate) sdk_limit: Option<Duration>,
    /// What of these is no text: a name that cannot be read must not look like none.
    unreadable: Option<&'static str>,
}

impl<'h> Wishes<'h> {
    /// As a head tells them; of headers that come twice the first counts.
    pub(crate) fn of(headers: &'h HeaderMap) -> Self {
        let mut wishes = Self::default();
        let (mut reading, mut whole) = (None, None);
        for (name, value) in headers {
            let name = name.as_str();
            if let Some(wish) = name.strip_prefix(OURS) {
                wishes.note(wish, value);
            } else if let Some(of_sdk) = name.strip_prefix(SDKS) {
                match of_sdk {
                    "read-timeout" => reading = reading.or(Some(value)),
                    "timeout" => whole = whole.or(Some(value)),
                    _ => {}
                }
            }
        }
        wishes.sdk_limit = reading.or(whole).and_then(seconds);
        wishes
    }

    /// The same, if all of it can be read.
    pub(crate) fn readable(self) -> Result<Self, Box<Failure>> {
        match self.unreadable {
            None => Ok(self),
            Some(header) => {
                let message = format!("{header} cannot be read: its value must be text in UTF-8");
                Err(Failure::new(Kind::BadRequest, message).with_param(header))
            }
        }
    }

    /// A text; what is none is noted under its header.
    fn text(&mut self, header: &'static str, value: &'h HeaderValue) -> Option<&'h str> {
        let text = std::str::from_utf8(value.as_bytes()).ok();
        if text.is_none() {
            self.unreadable = self.unreadable.or(Some(header));
        }
        text
    }

    fn note(&mut self, wish: &str, value: &'h HeaderValue) {
        match wish {
            "strict" => self.is_strict |= value.as_bytes().eq_ignore_ascii_case(b"true"),
            "prefer" => self.prefers = self.prefers.or(self.text(PREFER, value)),
            "session" => self.session = self.session.or(self.text("x-bellwether-session", value)),
            "fallback" => self.is_without_fallback |= value.as_bytes().eq_ignore_ascii_case(b"off"),
            "resume" => self.is_without_resume |= value.as_bytes().eq_ignore_ascii_case(b"off"),
            "low-balance" => self.would_be_short |= value.as_bytes().eq_ignore_ascii_case(b"shorten"),
            "user" => self.end_user = self.end_user.or(self.text("x-bellwether-user", value)),
            "priority" => self.is_batch |= value.as_bytes().eq_ignore_ascii_case(b"batch"),
            "cache" => self.cache = self.cache.or(Some(value)),
            "include" => {
                let named = self.text("x-bellwether-include", value);
                for name in named.into_iter().flat_map(|named| named.split(',')).map(str::trim) {
                    self.wants_routing |= name.eq_ignore_ascii_case("routing");
                    self.wants_cost |= name.eq_ignore_ascii_case("cost");
                }
            }
            _ => {}
        }
    }
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    let seconds: f64 = value.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::Wishes;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn all_are_read_beside_others() {
        let sent = headers(&[
            ("x-bellwether-prefer", "a"),
            ("content-type", "application/json"),
            ("x-bellwether-strict", "True"),
            ("x-bellwether-session", "s-1"),
            ("x-bellwether-fallback", "OFF"),
            ("x-bellwether-resume", "off"),
            ("x-bellwether-low-balance", "shorten"),
            ("x-bellwether-user", "u-1"),
            ("x-bellwether-priority", "Batch"),
            ("x-bellwether-include", "cost, Routing"),
            ("x-bellwether-cache", "only"),
            ("x-bellwether-else", "b"),
        ]);
        let expected = Wishes {
            is_strict: true,
            prefers: Some("a"),
            session: Some("s-1"),
            is_without_fallback: true,
            is_without_resume: true,
            would_be_short: true,
            end_user: Some("u-1"),
            is_batch: true,
            wants_routing: true,
            wants_cost: true,
            cache: Some(&HeaderValue::from_static("only")),
            sdk_limit: None,
            unreadable: None,
        };
        assert_eq!(Wishes::of(&sent), expected);
        let odd = headers(&[
            ("x-bellwether-strict", "no"),
            ("x-bellwether-fallback", "on"),
            ("x-bellwether-resume", "on"),
        ]);
        assert_eq!(Wishes::of(&odd), Wishes::default());
    }

    #[test]
    fn names_are_read_as_utf_8_and_what_is_no_text_is_refused() {
        let of = |name: &'static str, value: &[u8]| {
            HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())])
        };
        let sent = of("x-bellwether-prefer", "模型".as_bytes());
        assert_eq!(Wishes::of(&sent).readable().unwrap().prefers, Some("模型"));
        let sent = of("x-bellwether-user", "Zoë".as_bytes());
        assert_eq!(Wishes::of(&sent).readable().unwrap().end_user, Some("Zoë"));
        for name in
            ["x-bellwether-prefer", "x-bellwether-session", "x-bellwether-user", "x-bellwether-include"]
        {
            // As clients send it that take headers for Latin-1.
            let sent = of(name, b"Zo\xeb");
            let refused = Wishes::of(&sent).readable().unwrap_err();
            assert_eq!((refused.status(), refused.param.as_deref()), (400, Some(name)), "{refused:?}");
        }
        let sent = of("x-bellwether-strict", b"\xeb");
        assert_eq!(Wishes::of(&sent).readable().unwrap(), Wishes::default());
    }

    #[test]
    fn what_an_sdk_waits_is_read() {
        let read = |name, value| Wishes::of(&headers(&[(name, value)])).sdk_limit;
        assert_eq!(read("x-stainless-read-timeout", "600"), Some(Duration::from_secs(600)));
        assert_eq!(read("x-stainless-timeout", "0.75"), Some(Duration::from_millis(750)));
        for odd in ["NOT_GIVEN", "-1", "NaN", "1e400", ""] {
            assert_eq!(read("x-stainless-timeout", odd), None, "{odd}");
        }
        let both = headers(&[("x-stainless-timeout", "9"), ("x-stainless-read-timeout", "3")]);
        assert_eq!(Wishes::of(&both).sdk_limit, Some(Duration::from_secs(3)));
    }
}
