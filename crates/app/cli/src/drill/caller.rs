//! A caller of the drilled gateway: asks as an application would, and looks closely at what he gets.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dialects::framing::sse::SseParser;
use domain::{BaseUrl, Secret};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use simulator::expected_text;
use tokio::time::timeout;
use upstream::{Body, Client, Line, LineOptions, Reply, Request};

/// What is asked. What an honest provider answers to it is known.
const PROMPT: &str = "This is a drill.";
/// Tokens of that answer.
const ANSWER_TOKENS: usize = 32;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Longer answers are given up.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Conversation,
    Embedding,
}

/// Who asks.
#[derive(Debug)]
pub(super) struct Caller {
    base: BaseUrl,
    key: Secret,
    /// Longer than the gateway may take.
    patience: Duration,
}

/// What a caller saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The answer, whole.
    Whole,
    /// An error instead of an answer.
    Refused { status: u16, code: String },
    /// A part of the answer, and that it is no more than that.
    BrokenOff { code: String },
    /// A part of the answer, and nothing that says so.
    HalfAsWhole,
    /// Nothing more, for longer than any limit allows.
    NoEnd,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) seen: Seen,
    /// Who answered, where somebody did.
    pub(super) provider: Option<String>,
    pub(super) model: Option<String>,
    pub(super) attempts: u32,
    pub(super) took: Duration,
}

impl Caller {
    pub(super) const fn new(base: BaseUrl, key: Secret, patience: Duration) -> Self {
        Self { base, key, patience }
    }

    /// Asks for a model. Callers of different numbers are different to those who serve one caller always alike.
    pub(super) async fn ask(&self, number: u32, model: &str, purpose: Purpose, is_streaming: bool) -> Answer {
        let began = Instant::now();
        let exchange = self.exchange(number, model, purpose, is_streaming);
        let mut answer = match timeout(self.patience, exchange).await {
            Ok(answer) => answer,
            Err(_) => Answer::without_head(Seen::NoEnd),
        };
        answer.took = began.elapsed();
        answer
    }

    async fn exchange(&self, number: u32, model: &str, purpose: Purpose, is_streaming: bool) -> Answer {
        let messages = json!([{ "role": "user", "content": PROMPT }]);
        let (path, question) = match purpose {
            Purpose::Conversation => (
                "/v1/chat/completions",
                json!({ "model": model, "messages": messages, "stream": is_streaming }),
            ),
            Purpose::Embedding => ("/v1/embeddings", json!({ "model": model, "input": PROMPT })),
        };
        let unsent = |why: String| Answer::without_head(Seen::Refused { status: 0, code: why });
        let options = LineOptions {
            credential: Some(self.key.clone()),
            ..LineOptions::for_one_exchange(self.base.clone(), CONNECT_LIMIT)
        };
        let line = match Line::new(options, 0) {
            Ok(line) => line,
            Err(why) => return unsent(why),
        };
        let body = [Bytes::from(question.to_string())];
        let content_type =
            (HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"));
        let session = (HeaderName::from_static("x-bellwether-session"), HeaderValue::from(number));
        let headers = [(&content_type.0, &content_type.1), (&session.0, &session.1)].into_iter();
        let request = Request::new(&line, "POST", path, headers, Body::Pieces(&body));
        let mut reply = match Client::default().send(&line, &request, None).await {
            Ok(reply) => reply,
            Err(error) => return unsent(error.to_string()),
        };
        let read = Read::of(&mut reply).await;
        let seen = if reply.status.is_success() {
            read.judged(purpose, is_streaming)
        } else {
            Seen::Refused { status: reply.status.as_u16(), code: read.error_code() }
        };
        Answer::with_head(seen, &reply)
    }
}

impl Answer {
    const fn without_head(seen: Seen) -> Self {
        Self { seen, provider: None, model: None, attempts: 0, took: Duration::ZERO }
    }

    fn with_head(seen: Seen, reply: &Reply) -> Self {
        let header = |name: &str| {
            let found = reply.headers.iter().find(|(known, _)| known == name);
            found.and_then(|(_, value)| value.to_str().ok()).map(str::to_owned)
        };
        Self {
            seen,
            provider: header("x-bellwether-provider"),
            model: header("x-bellwether-model"),
            attempts: header("x-bellwether-attempts").and_then(|text| text.parse().ok()).unwrap_or_default(),
            took: Duration::ZERO,
        }
    }
}

/// A body, and whether its framing has ended.
struct Read {
    body: Vec<u8>,
    has_ended: bool,
}

impl Read {
    async fn of(reply: &mut Reply) -> Self {
        let mut body = Vec::new();
        while let Some(piece) = poll_fn(|cx| reply.body.poll_piece(cx)).await {
            match piece {
                Ok(piece) if body.len() + piece.len() <= ANSWER_BYTES_MAX => body.extend_from_slice(&piece),
                Ok(_) | Err(_) => return Self { body, has_ended: false },
            }
        }
        Self { body, has_ended: true }
    }

    fn error_code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        code_of(&body).unwrap_or_default()
    }

    fn judged(&self, purpose: Purpose, is_streaming: bool) -> Seen {
        match (purpose, is_streaming) {
            (Purpose::Conversation, true) => self.judged_stream(),
            (Purpose::Conversation, false) => self.judged_whole(|body| {
                body["choices"][0]["message"]["content"] == expected_text(PROMPT, ANSWER_TOKENS).as_str()
                    && body["choices"][0]["finish_reason"] == "stop"
            }),
            (Purpose::Embedding, _) => self.judged_whole(|body| {
                body["data"][0]["embedding"].as_array().is_some_and(|all| !all.is_empty())
            }),
        }
    }

    fn judged_whole(&self, is_whole: impl Fn(&Value) -> bool) -> Seen {
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        match body {
            Some(body) if self.has_ended && is_whole(&body) => Seen::Whole,
            _ if !self.has_ended => Seen::BrokenOff { code: "connection".to_owned() },
            _ => Seen::HalfAsWhole,
        }
    }

    fn judged_stream(&self) -> Seen {
        let (mut text, mut is_finished, mut error) = (String::new(), false, None);
        SseParser::default().feed(&self.body, |event| {
            let chunk: Value = serde_json::from_slice(event.data).unwrap_or_default();
            if event.name == b"error" || chunk["error"].is_object() {
                error = Some(code_of(&chunk).unwrap_or_default());
            }
            for choice in chunk["choices"].as_array().into_iter().flatten() {
                text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
                is_finished |= choice["finish_reason"] == "stop";
            }
        });
        if let Some(code) = error {
            return Seen::BrokenOff { code };
        }
        if !self.has_ended {
            return Seen::BrokenOff { code: "connection".to_owned() };
        }
        let is_whole = is_finished && text == expected_text(PROMPT, ANSWER_TOKENS);
        if is_whole { Seen::Whole } else { Seen::HalfAsWhole }
    }
}

/// The code of an error, as a word or a number.
fn code_of(body: &Value) -> Option<String> {
    let code = &body["error"]["code"];
    code.as_str().map(str::to_owned).or_else(|| code.as_u64().map(|code| code.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use simulator::expected_text;

    use super::{ANSWER_TOKENS, PROMPT, Purpose, Read, Seen};

    fn seen(body: &str, has_ended: bool, is_streaming: bool) -> Seen {
        Read { body: body.as_bytes().to_vec(), has_ended }.judged(Purpose::Conversation, is_streaming)
    }

    fn chunk(text: &str, finish: Option<&str>) -> String {
        let chunk = json!({ "choices": [{ "delta": { "content": text }, "finish_reason": finish }] });
        format!("data: {chunk}\n\n")
    }

    #[test]
    fn a_stream_is_whole_only_with_all_its_text_and_its_end() {
        let text = expected_text(PROMPT, ANSWER_TOKENS);
        let (start, rest) = text.split_at(16);
        let whole = chunk(start, None) + &chunk(rest, Some("stop")) + "data: [DONE]\n\n";
        assert_eq!(seen(&whole, true, true), Seen::Whole);
        let broken = |code: &str| Seen::BrokenOff { code: code.to_owned() };
        assert_eq!(seen(&whole, false, true), broken("connection"));
        assert_eq!(seen(&(chunk(start, None) + "data: [DONE]\n\n"), true, true), Seen::HalfAsWhole);
        assert_eq!(seen(&(chunk(start, None) + &chunk(rest, None)), true, true), Seen::HalfAsWhole);
        let told = chunk(start, None) + "event: error\ndata: {\"error\":{\"code\":\"stream_broken\"}}\n\n";
        assert_eq!(seen(&told, false, true), broken("stream_broken"));
    }

    #[test]
    fn a_whole_answer_is_held_against_what_should_be_in_it() {
        let answer = |text: &str| {
            json!({ "choices": [{ "message": { "content": text }, "finish_reason": "stop" }] }).to_string()
        };
        let text = expected_text(PROMPT, ANSWER_TOKENS);
        assert_eq!(seen(&answer(&text), true, false), Seen::Whole);
        assert_eq!(seen(&answer(&text[..20]), true, false), Seen::HalfAsWhole);
        assert_eq!(seen("", true, false), Seen::HalfAsWhole);
    }
}
