//! A failure in the shape that Anthropic's SDKs know, with our facts beside it.

use domain::{Failure, Kind, Source};

use crate::json::writer::{ObjectWriter, object};

/// What statuses are called; any other is `invalid_request_error` below 500 and `api_error` from there on.
const TYPES: &[(u16, &str)] = &[
    (401, "authentication_error"),
    (402, "billing_error"),
    (403, "permission_error"),
    (404, "not_found_error"),
    (408, "timeout_error"),
    (413, "request_too_large"),
    (429, "rate_limit_error"),
    (503, "overloaded_error"),
    (504, "timeout_error"),
    (529, "overloaded_error"),
];
/// Agents shorten their history when they read these words.
const TOO_LONG: &str = "prompt is too long";

/// The body of an error answer.
pub(super) fn body(failure: &Failure, request_id: &str) -> String {
    object(|o| {
        o.text("type", "error");
        o.object("error", |o| write(failure, o));
        o.text("request_id", request_id);
    })
}

/// The event that ends a stream which cannot go on.
pub(super) fn event(failure: &Failure, request_id: &str) -> String {
    format!("event: error\ndata: {}\n\n", body(failure, request_id))
}

fn write(failure: &Failure, o: &mut ObjectWriter<'_>) {
    // Where a provider blames the request, its own words help more than ours.
    let told = failure.told.as_ref().filter(|_| failure.kind.source() == Source::Client);
    o.text("type", type_of(failure.status()));
    o.text("message", &message(failure));
    o.text("code", told.and_then(|told| told.code.as_deref()).unwrap_or(failure.kind.code()));
    if let Some(param) = told.and_then(|told| told.param.as_deref()).or(failure.param.as_deref()) {
        o.text("param", param);
    }
    o.whole("status", failure.status().into());
    o.text("source", failure.source().name());
    if let Some(wait) = failure.retry_after {
        o.whole("retry_after", wait.as_millis().div_ceil(1000).max(1) as u64);
    }
    if let (Kind::UpstreamTimeout(phase), Some(limit)) = (failure.kind, failure.limit) {
        o.whole("timeout_ms", limit.as_millis() as u64);
        o.text("timeout_phase", phase.name());
    }
    if !failure.attempts.is_empty() {
        o.list("attempts", |l| {
            for note in &failure.attempts {
                l.object(|o| {
                    o.text("provider", &note.provider);
                    o.text("model", &note.model);
                    o.text("kind", note.kind.code());
                    o.whole("ms", note.ms);
                });
            }
        });
    }
}

fn type_of(status: u16) -> &'static str {
    let known = TYPES.iter().find(|(known, _)| *known == status).map(|(_, name)| *name);
    known.unwrap_or(if status < 500 { "invalid_request_error" } else { "api_error" })
}

fn message(failure: &Failure) -> String {
    let is_named = failure.message.to_ascii_lowercase().contains(TOO_LONG);
    if failure.kind == Kind::ContextTooLong && !is_named {
        return format!("{TOO_LONG}: {}", failure.message);
    }
    failure.message.clone()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{AttemptNote, Failure, Kind, Phase, Told};
    use serde_json::{Value, json};

    use super::{body, event};

    fn error(failure: &Failure) -> Value {
        let body: Value = serde_json::from_str(&body(failure, "r-1")).unwrap();
        assert_eq!((&body["type"], &body["request_id"]), (&json!("error"), &json!("r-1")));
        body["error"].clone()
    }

    #[test]
    fn every_status_has_its_type() {
        for (kind, name) in [
            (Kind::BadRequest, "invalid_request_error"),
            (Kind::Unauthenticated, "authentication_error"),
            (Kind::OutOfCredit, "billing_error"),
            (Kind::Forbidden, "permission_error"),
            (Kind::UnknownModel, "not_found_error"),
            (Kind::WrongMethod, "invalid_request_error"),
            (Kind::TooLarge, "request_too_large"),
            (Kind::LimitReached, "rate_limit_error"),
            (Kind::ContentRefused, "invalid_request_error"),
            (Kind::UpstreamBusy, "rate_limit_error"),
            (Kind::UpstreamFailed, "api_error"),
            (Kind::UpstreamTimeout(Phase::Total), "timeout_error"),
            (Kind::Overloaded, "overloaded_error"),
            (Kind::Internal, "api_error"),
        ] {
            assert_eq!(error(&Failure::new(kind, "no"))["type"], name, "{kind:?}");
        }
    }

    #[test]
    fn a_prompt_that_is_too_long_is_known_by_its_words() {
        let message = |text: &str| error(&Failure::new(Kind::ContextTooLong, text))["message"].clone();
        assert_eq!(message("9 tokens, and 8 fit"), "prompt is too long: 9 tokens, and 8 fit");
        assert_eq!(message("Prompt is too long: 9 > 8"), "Prompt is too long: 9 > 8");
    }

    #[test]
    fn our_facts_stand_beside() {
        let mut failure = Failure::new(Kind::UpstreamFailed, "all failed").with_param("messages[0]");
        failure.retry_after = Some(Duration::from_millis(1200));
        let note = AttemptNote { provider: "acme".into(), model: "m".into(), kind: failure.kind, ms: 12 };
        failure.attempts.push(note);
        let expected = json!({
            "type": "api_error", "message": "all failed", "code": "upstream_failed", "param": "messages[0]",
            "status": 502, "source": "upstream", "retry_after": 2,
            "attempts": [{"provider": "acme", "model": "m", "kind": "upstream_failed", "ms": 12}],
        });
        assert_eq!(error(&failure), expected);
    }

    #[test]
    fn a_provider_that_blames_the_request_is_quoted() {
        let quoted = |kind| {
            let mut failure = Failure::new(kind, "acme: no").with_param("ours");
            let told = ["invalid_request_error", "bad_value", "max_tokens"].map(|word| Some(word.to_owned()));
            let [class, code, param] = told;
            failure.told = Some(Told { class, code, param });
            let error = error(&failure);
            (error["code"].clone(), error["param"].clone(), error["status"].clone())
        };
        assert_eq!(quoted(Kind::BadRequest), (json!("bad_value"), json!("max_tokens"), json!(400)));
        assert_eq!(quoted(Kind::UpstreamFailed), (json!("upstream_failed"), json!("ours"), json!(502)));
    }

    #[test]
    fn a_timeout_tells_its_limit() {
        let failure = Failure::new(Kind::UpstreamTimeout(Phase::FirstByte), "silent")
            .with_limit(Duration::from_secs(3));
        let error = error(&failure);
        assert_eq!((&error["timeout_ms"], &error["timeout_phase"]), (&json!(3000), &json!("first_byte")));
    }

    #[test]
    fn a_stream_ends_with_one_event() {
        let text = event(&Failure::new(Kind::StreamBroken, "cut\n"), "r");
        assert!(
            text.starts_with("event: error\ndata: {\"type\":\"error\",") && text.ends_with("}\n\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3);
    }
}
