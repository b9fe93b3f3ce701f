//! Failures, as the ending of streams; as bodies of error answers they look as in the older dialect.

use domain::{Failure, Kind};

use crate::json::Item;
use crate::json::writer::{ObjectWriter, object};
use crate::openai_chat::{ErrorCodes, error_body};

/// How `code` of a failed answer calls it. What has no code there is called a server's error.
const fn code_of(kind: Kind) -> &'static str {
    match kind {
        Kind::LimitReached | Kind::UpstreamBusy => "rate_limit_exceeded",
        Kind::BadRequest => "invalid_prompt",
        // Agents shorten their history when they read this word, and stop when they read the next.
        Kind::ContextTooLong => "context_length_exceeded",
        Kind::OutOfCredit => "insufficient_quota",
        _ => "server_error",
    }
}

/// Writes the `error` of a failed answer.
pub(super) fn write_error(o: &mut ObjectWriter<'_>, failure: &Failure, request_id: &str) {
    o.text("code", code_of(failure.kind));
    o.text("message", &message(failure, request_id));
}

/// The last event of a stream that was passed through: neither its numbers nor its answer are known here. The error stands
/// in it twice: as documented, and where the official SDKs look for what they raise.
pub(super) fn error_event(failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
    let body = error_body(failure, request_id, codes);
    let nested = Item::of_body(&body).and_then(|item| item.fields()?.need("error"));
    let data = object(|o| {
        o.text("type", "error");
        o.text("code", code_of(failure.kind));
        o.text("message", &message(failure, request_id));
        o.text_or_null("param", failure.param.as_deref());
        o.whole("sequence_number", 0);
        if let Ok(nested) = &nested {
            o.raw("error", nested.text());
        }
    });
    format!("event: error\ndata: {data}\n\n").into_bytes()
}

fn message(failure: &Failure, request_id: &str) -> String {
    format!("{} (request {request_id})", failure.message)
}

#[cfg(test)]
mod tests {
    use domain::{Failure, Kind};
    use serde_json::Value;

    use super::error_event;
    use crate::openai_chat::ErrorCodes;

    #[test]
    fn a_stream_that_broke_ends_with_an_error_that_sdks_raise() {
        let failure = Failure::new(Kind::StreamBroken, "acme broke off");
        let event = String::from_utf8(error_event(&failure, "r-1", ErrorCodes::Text)).unwrap();
        let data = event.strip_prefix("event: error\ndata: ").unwrap().strip_suffix("\n\n").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["type"], "error");
        assert_eq!(data["code"], "server_error");
        assert_eq!(data["message"], "acme broke off (request r-1)");
        assert_eq!(data["error"]["code"], "stream_broken");
    }
}
