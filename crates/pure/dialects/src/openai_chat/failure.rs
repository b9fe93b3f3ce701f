//! A failure in the shape OpenAI's SDKs know, with our facts inside.

use domain::{Failure, Kind, Source};
use serde_json::{Value, json};

/// How `code` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorCodes {
    /// A word such as `invalid_api_key`.
    #[default]
    Text,
    /// The HTTP status as a number, for clients that expect one.
    Numeric,
}

/// The body of an error answer.
pub fn error_body(failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
    serde_json::to_vec(&error_value(failure, request_id, codes)).expect("plain values serialise")
}

/// The event that ends a stream which cannot go on. One that ends because it is paid no further has reached a limit, and gets
/// the finish of that first: who looks at nothing else must not take it for whole either.
pub fn stream_error_event(failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
    let body = error_value(failure, request_id, codes);
    let finish = if failure.kind == Kind::OutOfCredit {
        let choice = json!({ "index": 0, "delta": {}, "finish_reason": "length" });
        format!(
            "data: {}\n\n",
            json!({ "id": request_id, "object": "chat.completion.chunk", "choices": [choice] })
        )
    } else {
        String::new()
    };
    format!("{finish}event: error\ndata: {body}\n\n").into_bytes()
}

fn error_value(failure: &Failure, request_id: &str, codes: ErrorCodes) -> Value {
    let kind = failure.kind;
    let status = failure.status();
    // Where a provider blames the request, its own words help more than ours.
    let told = failure.told.as_ref().filter(|_| kind.source() == Source::Client);
    let code = match codes {
        ErrorCodes::Text => Value::from(told.and_then(|told| told.code.as_deref()).unwrap_or(kind.code())),
        ErrorCodes::Numeric => Value::from(status),
    };
    let mut error = json!({
        "message": failure.message,
        "type": told.and_then(|told| told.class.as_deref()).unwrap_or(kind.class()),
        "code": code,
        "param": told.and_then(|told| told.param.as_deref()).or(failure.param.as_deref()),
        "status": status,
        "source": failure.source().name(),
        "request_id": request_id,
    });
    if let Some(wait) = failure.retry_after {
        error["retry_after"] = Value::from(wait.as_millis().div_ceil(1000).max(1) as u64);
    }
    if let (Kind::UpstreamTimeout(phase), Some(limit)) = (kind, failure.limit) {
        error["timeout_ms"] = Value::from(limit.as_millis() as u64);
        error["timeout_phase"] = Value::from(phase.name());
    }
    if !failure.attempts.is_empty() {
        let note = |note: &domain::AttemptNote| json!({"provider": note.provider, "model": note.model, "kind": note.kind.code(), "ms": note.ms});
        error["attempts"] = failure.attempts.iter().map(note).collect();
    }
    json!({ "error": error })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{AttemptNote, Failure, Kind, Phase};

    use super::{ErrorCodes, error_body, stream_error_event};

    #[test]
    fn a_timeout_names_the_limit_and_what_was_tried() {
        let mut failure = Failure::new(Kind::UpstreamTimeout(Phase::FirstByte), "no answer in 30 s")
            .with_limit(Duration::from_secs(30));
        failure.attempts.push(AttemptNote {
            provider: "a".into(),
            model: "m".into(),
            kind: failure.kind,
            ms: 30_001,
        });
        let body = String::from_utf8(error_body(&failure, "r-1", ErrorCodes::Text)).unwrap();
        for part in [
            r#""timeout_ms":30000"#,
            r#""status":504"#,
            r#""source":"upstream""#,
            r#""request_id":"r-1""#,
            r#""ms":30001"#,
            r#""code":"timeout""#,
        ] {
            assert!(body.contains(part), "{part} in {body}");
        }
    }

    #[test]
    fn codes_can_be_numbers_and_waits_are_whole_seconds() {
        let failure =
            Failure::new(Kind::LimitReached, "slow down").with_retry_after(Duration::from_millis(1200));
        let body = String::from_utf8(error_body(&failure, "r", ErrorCodes::Numeric)).unwrap();
        assert!(body.contains(r#""code":429"#) && body.contains(r#""retry_after":2"#), "{body}");
    }

    #[test]
    fn a_stream_ends_with_one_event() {
        let unpaid = stream_error_event(&Failure::new(Kind::OutOfCredit, "spent"), "r", ErrorCodes::Text);
        let unpaid = String::from_utf8(unpaid).unwrap();
        let (finish, error) = unpaid.split_once("\n\n").unwrap();
        assert!(
            finish.contains(r#""finish_reason":"length""#) && error.starts_with("event: error\n"),
            "{unpaid}"
        );
        let event = stream_error_event(&Failure::new(Kind::StreamBroken, "cut"), "r", ErrorCodes::Text);
        let text = String::from_utf8(event).unwrap();
        assert!(text.starts_with("event: error\ndata: {\"error\":") && text.ends_with("}\n\n"));
    }
}
