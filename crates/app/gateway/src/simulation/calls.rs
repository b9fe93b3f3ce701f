//! Who calls, when, and for what.

use routing::Rng;
use serde_json::{Value, json};

use super::fleet::{Fleet, ROUTE};
use super::spells::TROUBLED_MS;

/// What a caller speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Chat,
    Messages,
    Responses,
}

/// One call as it is meant.
#[derive(Clone, Debug)]
pub(super) struct CallPlan {
    pub(super) id: String,
    pub(super) at_ms: u64,
    pub(super) spoken: Spoken,
    pub(super) is_streaming: bool,
    pub(super) wants_tool: bool,
    /// The caller hangs up so long after he called, if he is not answered before.
    pub(super) hangs_up_ms: Option<u64>,
    pub(super) declines_resume: bool,
    pub(super) message: String,
}

impl CallPlan {
    /// The calls of a troubled time.
    pub(super) fn many(rng: &mut Rng) -> Vec<Self> {
        (0..16 + rng.below(16)).map(|number| Self::any(&format!("call-{number}"), rng)).collect()
    }

    fn any(id: &str, rng: &mut Rng) -> Self {
        let wants_tool = rng.below(8) == 0;
        let marker = if wants_tool { " [tool]" } else { "" };
        Self {
            id: id.to_owned(),
            at_ms: rng.below(TROUBLED_MS as usize + 2_000) as u64,
            spoken: [Spoken::Chat, Spoken::Chat, Spoken::Messages, Spoken::Responses][rng.below(4)],
            is_streaming: rng.below(4) > 0,
            wants_tool,
            hangs_up_ms: (rng.below(6) == 0).then(|| 1 + rng.below(1_200) as u64),
            declines_resume: rng.below(12) == 0,
            message: format!("{id} asks{marker}"),
        }
    }

    /// One that must succeed, once all is well.
    pub(super) fn afterwards(number: usize) -> Self {
        Self {
            id: format!("after-{number}"),
            at_ms: 0,
            spoken: [Spoken::Chat, Spoken::Messages, Spoken::Responses][number % 3],
            is_streaming: number.is_multiple_of(2),
            wants_tool: false,
            hangs_up_ms: None,
            declines_resume: false,
            message: format!("and after that {number}"),
        }
    }

    /// The text that a whole answer has.
    pub(super) fn expected(&self, fleet: &Fleet) -> String {
        if self.wants_tool {
            String::new()
        } else {
            simulator::expected_text(&self.message, fleet.answer_tokens)
        }
    }

    /// The request, as it goes over the wire.
    pub(super) fn request(&self, key: &str) -> Vec<u8> {
        let (path, body) = (self.path(), self.body().to_string());
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nhost: gateway.test\r\nauthorization: Bearer {key}\r\nx-request-id: {}\r\n\
             content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.id,
            body.len()
        );
        if self.declines_resume {
            head.push_str("x-bellwether-resume: off\r\n");
        }
        format!("{head}\r\n{body}").into_bytes()
    }

    const fn path(&self) -> &'static str {
        match self.spoken {
            Spoken::Chat => "/v1/chat/completions",
            Spoken::Messages => "/v1/messages",
            Spoken::Responses => "/v1/responses",
        }
    }

    fn body(&self) -> Value {
        let messages = json!([{ "role": "user", "content": self.message }]);
        let mut body = json!({ "model": ROUTE, "stream": self.is_streaming });
        let schema = json!({ "type": "object", "properties": { "where": { "type": "string" } } });
        let tool = match self.spoken {
            Spoken::Chat => {
                body["messages"] = messages;
                if self.is_streaming {
                    body["stream_options"] = json!({ "include_usage": true });
                }
                json!({ "type": "function", "function": { "name": "look", "parameters": schema } })
            }
            Spoken::Messages => {
                body["messages"] = messages;
                body["max_tokens"] = json!(1_000);
                json!({ "name": "look", "input_schema": schema })
            }
            Spoken::Responses => {
                body["input"] = messages;
                body["store"] = json!(false);
                json!({ "type": "function", "name": "look", "parameters": schema, "strict": false })
            }
        };
        if self.wants_tool {
            body["tools"] = json!([tool]);
        }
        body
    }
}
