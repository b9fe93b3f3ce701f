//! The three dialects a node speaks, as far as they differ where no request is read: errors, and ends of streams.

use serde_json::{Value, json};

use crate::http::Request;
use crate::reply::{Event, Reply, error_body};

/// How a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenAI's chats and everything else that looks like them.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
}

impl Dialect {
    pub(crate) fn of(request: &Request) -> Self {
        let has = |name| request.header(name).is_some();
        let mut parts = request.path().trim_matches('/').split('/');
        if parts.clone().any(|part| part == "messages") {
            Self::Messages
        } else if parts.clone().any(|part| part == "responses") {
            Self::Responses
        } else if parts.any(|part| part == "models") && (has("anthropic-version") || has("x-api-key")) {
            Self::Messages
        } else {
            Self::Chat
        }
    }

    /// The body of an error.
    pub(crate) fn error(self, status: u16, code: Option<&str>, message: &str) -> Value {
        match self {
            Self::Chat | Self::Responses => error_body(status, code, message),
            Self::Messages => {
                // The one error of theirs that has no word of its own, only a sentence.
                let (class, message) = match code {
                    Some("context_length_exceeded") => {
                        ("invalid_request_error", "prompt is too long: 200001 tokens > 200000 maximum")
                    }
                    code => (code.unwrap_or_else(|| class(status)), message),
                };
                json!({
                    "type": "error", "error": { "type": class, "message": message },
                    "request_id": "req_simulated",
                })
            }
        }
    }

    /// An error reply.
    pub(crate) fn refuse(self, status: u16, code: &str, message: &str) -> Reply {
        let code = Some(code).filter(|_| self != Self::Messages);
        Reply::json(status, self.error(status, code, message))
    }

    /// How a stream tells of an error that comes after its begin.
    pub(crate) fn error_event(self, code: Option<&str>, message: &str, sequence_number: usize) -> Event {
        match self {
            Self::Chat => Event::Chunk(error_body(500, code, message)),
            Self::Messages => Event::Named(self.error(500, code, message)),
            Self::Responses => Event::Named(json!({
                "type": "error", "code": code.unwrap_or("server_error"), "message": message, "param": null,
                "sequence_number": sequence_number,
            })),
        }
    }

    /// How a stream ends whose response failed.
    pub(crate) fn failed_event(mut response: Value, code: Option<&str>, number: usize) -> Event {
        response["status"] = "failed".into();
        response["error"] =
            json!({ "code": code.unwrap_or("server_error"), "message": "the simulator was told to fail" });
        Event::Named(json!({ "type": "response.failed", "response": response, "sequence_number": number }))
    }

    /// Whether an event ends a stream in good order.
    pub(crate) fn is_end(self, event: &Event) -> bool {
        match event {
            Event::Done => true,
            Event::Named(value) => match value["type"].as_str() {
                Some("message_stop") => self == Self::Messages,
                Some("response.completed" | "response.incomplete" | "response.failed") => {
                    self == Self::Responses
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Anthropic's word for a status (docs.anthropic.com/en/api/errors).
pub(crate) const fn class(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}
