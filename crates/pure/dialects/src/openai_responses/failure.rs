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

/// The provider's own code, if it told one in a word; else ours.
fn code(failure: &Failure) -> &str {
    let told = failure.told.as_ref().and_then(|told| told.code.as_deref());
    // Some hosts tell the status of HTTP.
    let told = told.filter(|code| code.starts_with(|c: char| c.is_ascii_alphabetic()));
    told.unwrap_or(code_of(failure.kind))
}

/// Writes the `error` of a failed answer.
pub(super) fn write_error(o: &mut ObjectWriter<'_>, failure: &Failure, request_id: &str) {
    o.text("code", code(failure));
    o.text("message", &message(failure, request_id));
}

/// The end of a stream that was passed through: neither its numbers nor its answer are known here. Agents read the failed
/// response and nothing else; the official SDKs raise what they find in the `error` of the event of that name.
pub(super) fn ending(failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
    [failed_event(failure, request_id), error_event(failure, request_id, codes)].concat().into_bytes()
}

fn failed_event(failure: &Failure, request_id: &str) -> String {
    let data = object(|o| {
        o.text("type", "response.failed");
        o.whole("sequence_number", 0);
        o.object("response", |o| {
            o.text("object", "response");
            o.text("status", "failed");
            o.object("error", |o| write_error(o, failure, request_id));
            o.raw("incomplete_details", "null");
            o.list("output", |_| {});
            o.raw("usage", "null");
        });
    });
    format!("event: response.failed\ndata: {data}\n\n")
}

fn error_event(failure: &Failure, request_id: &str, codes: ErrorCodes) -> String {
    let body = error_body(failure, request_id, codes);
    let nested = Item::of_body(&body).and_then(|item| item.fields()?.need("error"));
    let data = object(|o| {
        o.text("type", "error");
        o.text("code", code(failure));
        o.text("message", &message(failure, request_id));
        o.text_or_null("param", failure.param.as_deref());
        o.whole("sequence_number", 0);
        if let Ok(nested) = &nested {
            o.raw("error", nested.text());
        }
    });
    format!("event: error\ndata: {data}\n\n")
}

fn message(failure: &Failure, request_id: &str) -> String {
    format!("{} (request {request_id})", failure.message)
}

#[cfg(test)]
mod tests {
    use domain::{Failure, Kind, Told};
    use serde_json::{Value, json};

    use super::ending;
    use crate::openai_chat::ErrorCodes;

    fn events(failure: &Failure) -> [(String, Value); 2] {
        let text = String::from_utf8(ending(failure, "r-1", ErrorCodes::Text)).unwrap();
        let events = text.split_terminator("\n\n").map(|event| {
            let (name, data) = event.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
            (name.to_owned(), serde_json::from_str(data).unwrap())
        });
        events.collect::<Vec<_>>().try_into().unwrap()
    }

    #[test]
    fn a_stream_that_broke_ends_as_agents_and_as_sdks_read_it() {
        let [(first, failed), (second, error)] = events(&Failure::new(Kind::StreamBroken, "acme broke off"));
        assert_eq!((first.as_str(), second.as_str()), ("response.failed", "error"));
        assert_eq!(
            (&failed["type"], &failed["response"]["status"]),
            (&json!("response.failed"), &json!("failed"))
        );
        let told = json!({"code": "server_error", "message": "acme broke off (request r-1)"});
        assert_eq!(failed["response"]["error"], told);
        assert_eq!(
            (&error["type"], &error["code"], &error["message"]),
            (&json!("error"), &told["code"], &told["message"])
        );
        assert_eq!(error["error"]["code"], "stream_broken");
    }

    #[test]
    fn the_providers_own_code_is_kept_if_it_is_a_word() {
        for (told, expected) in
            [("context_length_exceeded", "context_length_exceeded"), ("502", "server_error")]
        {
            let mut failure = Failure::new(Kind::StreamBroken, "acme: no");
            failure.told = Some(Told { code: Some(told.to_owned()), ..Told::default() });
            let [(_, failed), (_, error)] = events(&failure);
            assert_eq!(
                (&failed["response"]["error"]["code"], &error["code"]),
                (&json!(expected), &json!(expected))
            );
        }
    }
}
