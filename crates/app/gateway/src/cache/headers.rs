//! Which headers of a request may change its answer: whatever reaches a provider or is heeded here, but for those that are known
//! to tell of the caller's program and of nothing that he asks.

use dialects::Dialect;
use http::HeaderName;

use crate::hygiene::passes_to_provider;

const OURS: &str = "x-bellwether-";
/// What a caller wants of the cache is no part of what he asks.
const CONTROL: &str = "x-bellwether-cache";
/// They reach providers and tell of the caller's program only.
const NEUTRAL: [&str; 3] = ["user-agent", "traceparent", "tracestate"];
const NEUTRAL_OF_SDKS: &str = "x-stainless-";

/// Whether a header is part of what an answer is known by. A fallback may speak any dialect.
pub(crate) fn decides(name: &HeaderName) -> bool {
    let text = name.as_str();
    if text.starts_with(OURS) {
        return text != CONTROL;
    }
    !NEUTRAL.contains(&text)
        && !text.starts_with(NEUTRAL_OF_SDKS)
        && Dialect::ALL.iter().any(|dialect| passes_to_provider(name, *dialect))
}

#[cfg(test)]
mod tests {
    use dialects::Dialect;
    use http::HeaderName;

    use super::{NEUTRAL, decides};

    #[test]
    fn what_reaches_a_provider_decides_unless_it_is_known_to_be_neutral() {
        let is_heeded = |name: &str| decides(&HeaderName::try_from(name).unwrap());
        for name in Dialect::ALL.iter().flat_map(|dialect| dialect.request_headers()) {
            assert!(is_heeded(name), "{name}");
        }
        for name in
            ["accept", "content-type", "x-bellwether-prefer", "x-bellwether-include", "x-bellwether-new"]
        {
            assert!(is_heeded(name), "{name}");
        }
        for name in
            NEUTRAL.into_iter().chain(["x-stainless-lang", "x-bellwether-cache", "cookie", "x-request-id"])
        {
            assert!(!is_heeded(name), "{name}");
        }
    }
}
