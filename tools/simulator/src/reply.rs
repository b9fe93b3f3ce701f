//! An answer before it is bytes on a wire: status, headers, and a body that can still be changed.

use serde_json::{Value, json};

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Json(Value),
    Text(String),
    Bytes(Vec<u8>),
    Events(Vec<Event>),
}

/// One server-sent event.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Chunk(Value),
    /// An event that carries the name it has in its own `type`.
    Named(Value),
    /// Says nothing but "still there".
    Comment,
    /// Not JSON.
    Broken(&'static str),
    Done,
}

impl Reply {
    pub(crate) fn json(status: u16, value: Value) -> Self {
        Self {
            status,
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
            body: Body::Json(value),
        }
    }

    /// Events without names, up to the mark of the end.
    pub(crate) fn events(chunks: Vec<Value>) -> Self {
        Self::stream(chunks.into_iter().map(Event::Chunk).chain([Event::Done]).collect())
    }

    /// Events that are named after their types, without a mark of the end.
    pub(crate) fn named_events(events: Vec<Value>) -> Self {
        Self::stream(events.into_iter().map(Event::Named).collect())
    }

    fn stream(events: Vec<Event>) -> Self {
        Self {
            status: 200,
            content_type: "text/event-stream; charset=utf-8".to_owned(),
            headers: vec![("cache-control", "no-cache".to_owned())],
            body: Body::Events(events),
        }
    }

    /// What it says of the tokens that it took, if anything; of a stream what it says last.
    pub(crate) fn usage(&self) -> Option<&Value> {
        let told = |value: &'_ Value| !value["usage"].is_null() || !value["response"]["usage"].is_null();
        let value = match &self.body {
            Body::Json(value) => value,
            Body::Events(events) => events.iter().rev().find_map(|event| match event {
                Event::Chunk(value) | Event::Named(value) => told(value).then_some(value),
                Event::Comment | Event::Broken(_) | Event::Done => None,
            })?,
            Body::Text(_) | Body::Bytes(_) => return None,
        };
        [&value["usage"], &value["response"]["usage"]].into_iter().find(|usage| usage.is_object())
    }

    /// An error in OpenAI's shape (source: platform.openai.com/docs/guides/error-codes and the SDK's `APIError`).
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, error_body(status, Some(code), message))
    }
}

impl Event {
    /// The event as sent, with the given end of line.
    pub(crate) fn bytes(&self, line_end: &str) -> Vec<u8> {
        let text = match self {
            Self::Chunk(value) => value.to_string(),
            Self::Named(value) => {
                let name = value["type"].as_str().unwrap_or("message");
                return format!("event: {name}{line_end}data: {value}{line_end}{line_end}").into_bytes();
            }
            Self::Comment => return format!(": still there{line_end}{line_end}").into_bytes(),
            Self::Broken(text) => (*text).to_owned(),
            Self::Done => "[DONE]".to_owned(),
        };
        format!("data: {text}{line_end}{line_end}").into_bytes()
    }
}

/// The error object of a status; `code` where the status has a better known one of its own is left out.
pub(crate) fn error_body(status: u16, code: Option<&str>, message: &str) -> Value {
    let (class, usual_code) = match status {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        404 => ("invalid_request_error", Some("model_not_found")),
        429 => ("requests", Some("rate_limit_exceeded")),
        400..=499 => ("invalid_request_error", None),
        _ => ("server_error", None),
    };
    json!({ "error": { "message": message, "type": class, "param": null, "code": code.or(usual_code) } })
}

/// The usual words for a status.
pub(crate) const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
