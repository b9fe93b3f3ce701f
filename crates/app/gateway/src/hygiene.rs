//! Which headers cross, in either direction. Both lists name what may pass: a header nobody thought of stays.

use dialects::Dialect;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Parsed once.
static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What of a caller's headers reaches a provider that is spoken to in a dialect. Never a credential, a cookie, an address, a hop-by-hop header,
/// or an account's name: those are the gateway's own towards the provider.
pub(crate) fn passes_to_provider(name: &HeaderName, spoken: Dialect) -> bool {
    if *name == CONTENT_TYPE || *name == ACCEPT || *name == USER_AGENT {
        return true;
    }
    let name = name.as_str();
    name.starts_with("x-stainless-")
        || matches!(name, "traceparent" | "tracestate")
        || spoken.request_headers().contains(&name)
}

/// What of a provider's headers reaches a caller. Never a cookie, the operator's account or its rate limits.
pub(crate) fn copy_to_caller(from: Vec<(HeaderName, HeaderValue)>, to: &mut HeaderMap) {
    for (name, value) in from {
        if name == CONTENT_TYPE {
            // Two of them would let two readers see two different answers.
            to.entry(name).or_insert(value);
        } else if passes_to_caller(&name) {
            to.append(name, value);
        } else if name == "x-request-id" {
            to.append(HeaderName::from_static("x-upstream-request-id"), value);
        }
    }
}

fn passes_to_caller(name: &HeaderName) -> bool {
    [CACHE_CONTROL, CONTENT_LANGUAGE, RETRY_AFTER].contains(name)
        || matches!(name.as_str(), "retry-after-ms" | "x-should-retry")
        || Dialect::ALL.iter().any(|dialect| dialect.reply_headers().contains(&name.as_str()))
}

/// The caller's `X-Request-ID` if it may be used: at most 128 visible ASCII characters.
pub(crate) fn usable_request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    const REQUEST_ID_BYTES_MAX: usize = 128;
    let value = headers.get(&X_REQUEST_ID)?;
    let is_usable = (1..=REQUEST_ID_BYTES_MAX).contains(&value.len())
        && value.as_bytes().iter().all(u8::is_ascii_graphic);
    is_usable.then_some(value)
}

#[cfg(test)]
mod tests {
    use dialects::Dialect;
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{copy_to_caller, passes_to_provider, usable_request_id};

    #[test]
    fn only_named_headers_cross() {
        let crosses_in =
            |dialect, name: &'static str| passes_to_provider(&HeaderName::from_static(name), dialect);
        let crosses = |name| crosses_in(Dialect::OpenAiChat, name);
        for name in ["content-type", "accept", "user-agent", "x-stainless-lang", "traceparent", "openai-beta"]
        {
            assert!(crosses(name), "{name}");
        }
        for name in [
            "authorization",
            "x-api-key",
            "x-goog-api-key",
            "cookie",
            "connection",
            "host",
            "x-forwarded-for",
            "openai-organization",
            "x-anything",
            "anthropic-beta",
        ] {
            assert!(!crosses(name), "{name}");
        }
        assert!(crosses_in(Dialect::AnthropicMessages, "anthropic-beta"));
        assert!(!crosses_in(Dialect::AnthropicMessages, "openai-beta"));
    }

    #[test]
    fn a_providers_account_stays_behind_and_its_request_id_is_renamed() {
        let header = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let mut kept = HeaderMap::new();
        copy_to_caller(
            vec![
                header("set-cookie", "a=b"),
                header("openai-organization", "acme"),
                header("x-request-id", "req_1"),
                header("content-type", "text/event-stream"),
            ],
            &mut kept,
        );
        let names: Vec<_> = kept.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-upstream-request-id", "content-type"]);
    }

    #[test]
    fn a_request_id_is_taken_only_if_it_is_harmless() {
        let usable = |text: &str| {
            let headers = HeaderMap::from_iter([(
                HeaderName::from_static("x-request-id"),
                HeaderValue::from_str(text).unwrap(),
            )]);
            usable_request_id(&headers).is_some()
        };
        assert!(usable("abc-123") && usable(&"x".repeat(128)));
        assert!(!usable("") && !usable("a b") && !usable(&"x".repeat(129)));
    }
}
