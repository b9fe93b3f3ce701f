//! What a caller wants of the cache: `x-bellwether-cache`, else `cache-control` as HTTP knows it (RFC 9111, section 5.2.1).

use std::time::Duration;

use domain::{Failure, Kind};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};

/// What a caller wants of the cache; nothing in particular by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Controls {
    /// Nothing to do with it: neither is a kept answer told nor this one kept.
    pub(crate) is_bypass: bool,
    /// A new answer, which is kept in place of the old.
    pub(crate) is_refresh: bool,
    /// A kept answer or none.
    pub(crate) is_only: bool,
    /// None that is older.
    pub(crate) age_max: Option<Duration>,
}

impl Controls {
    /// As a head tells it. Where both headers are sent, ours counts.
    pub(crate) fn of(headers: &HeaderMap, ours: Option<&HeaderValue>) -> Result<Self, Box<Failure>> {
        if let Some(ours) = ours {
            return Self::named(ours);
        }
        let mut controls = Self::default();
        for value in headers.get_all(CACHE_CONTROL) {
            let Ok(text) = value.to_str() else { continue };
            text.split(',').for_each(|directive| controls.note(directive.trim()));
        }
        Ok(controls)
    }

    fn named(ours: &HeaderValue) -> Result<Self, Box<Failure>> {
        let mut controls = Self::default();
        match ours.as_bytes().to_ascii_lowercase().as_slice() {
            b"bypass" => controls.is_bypass = true,
            b"refresh" => controls.is_refresh = true,
            b"only" => controls.is_only = true,
            _ => {
                let message = "x-bellwether-cache is bypass, refresh or only";
                return Err(Failure::new(Kind::BadRequest, message).with_param("x-bellwether-cache"));
            }
        }
        Ok(controls)
    }

    /// Directives that are not known say nothing, as HTTP wants it.
    fn note(&mut self, directive: &str) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" => self.is_bypass = true,
            "no-cache" => self.is_refresh = true,
            "only-if-cached" => self.is_only = true,
            "max-age" => {
                // Who says no number is not given an answer of any age.
                let seconds = value.trim().trim_matches('"').parse().unwrap_or(0);
                let age = Duration::from_secs(seconds);
                self.age_max = Some(self.age_max.map_or(age, |before| before.min(age)));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::header::CACHE_CONTROL;
    use http::{HeaderMap, HeaderValue};

    use super::Controls;

    fn read(control: &'static str, ours: Option<&'static str>) -> Option<Controls> {
        let headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(control))]);
        let ours = ours.map(HeaderValue::from_static);
        Controls::of(&headers, ours.as_ref()).ok()
    }

    #[test]
    fn what_http_says_is_understood() {
        let usual = Controls::default();
        assert_eq!(read("", None), Some(usual));
        assert_eq!(read("no-transform, x=1", None), Some(usual));
        assert_eq!(read("No-Cache", None), Some(Controls { is_refresh: true, ..usual }));
        assert_eq!(read("no-store", None), Some(Controls { is_bypass: true, ..usual }));
        let aged = Controls { is_only: true, age_max: Some(Duration::from_secs(60)), ..usual };
        assert_eq!(read("only-if-cached, max-age=60, max-age=\"90\"", None), Some(aged));
        assert_eq!(read("max-age=soon", None), Some(Controls { age_max: Some(Duration::ZERO), ..usual }));
    }

    #[test]
    fn our_own_header_counts_before_and_must_be_a_word_of_ours() {
        let usual = Controls::default();
        assert_eq!(read("no-store", Some("Only")), Some(Controls { is_only: true, ..usual }));
        assert_eq!(read("", Some("refresh")), Some(Controls { is_refresh: true, ..usual }));
        assert_eq!(read("", Some("bypass")), Some(Controls { is_bypass: true, ..usual }));
        assert_eq!(read("", Some("on")), None);
    }
}
