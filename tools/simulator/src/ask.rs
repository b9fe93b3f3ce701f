//! What one request asks of a node's voice: who speaks, how long, in which pieces. Shapes are `chat.rs` and its like.

use serde_json::Value;

use crate::behaviour::Behaviour;
use crate::memory::Memory;
use crate::misbehaviour::Deviation;
use crate::reply::{Body, Reply};
use crate::seed::Generator;
use crate::text::{BYTES_PER_TOKEN, Voice, cut_to_tokens, pieces, tokens_in};

/// `created` of every answer: fixed, so that one seed gives the same bytes.
pub(crate) const CREATED_UNIX_S: u64 = 1_760_000_000;
/// Most alternative answers to one request (`n`).
const CHOICES_MAX: u64 = 8;
/// A huge answer is streamed in about so many events.
const HUGE_EVENTS: usize = 1024;

/// What an answer is made from.
pub(crate) struct Ask<'a> {
    pub(crate) voice: Voice,
    pub(crate) node: &'a str,
    pub(crate) behaviour: &'a Behaviour,
    /// Bytes asked for by `huge`, and whether they go into one event.
    pub(crate) huge: Option<(usize, bool)>,
    /// In which ways the answer is to differ from the documented form.
    pub(crate) deviations: Vec<Deviation>,
    /// The scenario that the request names in its head.
    pub(crate) scenario: Option<String>,
    pub(crate) memory: &'a Memory,
    pub(crate) generator: Generator,
}

/// What is said.
pub(crate) struct Spoken {
    pub(crate) text: String,
    pub(crate) tokens: usize,
    pub(crate) finish_reason: &'static str,
}

impl Ask<'_> {
    /// The answer to a message within the caller's limit of tokens.
    pub(crate) fn speak(&self, message: &str, tokens_max: Option<usize>) -> Spoken {
        let mut text = match self.huge {
            Some((bytes, _)) => Voice::Counting.text(message, bytes.div_ceil(BYTES_PER_TOKEN)),
            None => self.voice.text(message, self.behaviour.answer_tokens as usize),
        };
        let limit = tokens_max.filter(|_| self.huge.is_none());
        let is_cut = limit.is_some_and(|limit| cut_to_tokens(&mut text, limit));
        Spoken { tokens: tokens_in(&text), text, finish_reason: if is_cut { "length" } else { "stop" } }
    }

    /// The pieces a stream delivers a text in.
    pub(crate) fn pieces<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let usual = self.behaviour.tokens_per_event as usize;
        let tokens = match self.huge {
            Some((_, true)) => tokens_in(text),
            Some((_, false)) => usual.max(tokens_in(text) / HUGE_EVENTS),
            None => usual,
        };
        pieces(text, tokens)
    }

    pub(crate) fn deviates(&self, deviation: Deviation) -> bool {
        self.deviations.contains(&deviation)
    }

    /// Whose thinking is sealed here.
    pub(crate) fn account(&self) -> &str {
        self.behaviour.account.as_deref().unwrap_or(self.node)
    }

    /// How many tokens of a prompt are said to come from a cache.
    pub(crate) fn cached(&self, prompt_tokens: usize) -> usize {
        prompt_tokens.min(self.behaviour.cached_tokens as usize)
    }

    /// A new id.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}{:016x}{:08x}", self.generator.next_u64(), self.generator.next_u64() >> 32)
    }

    /// Tells nodes apart where an answer has a place for it.
    pub(crate) fn fingerprint(&self) -> String {
        format!("fp_{}", self.node)
    }

    /// The asked model, if it is served.
    pub(crate) fn model<'b>(&self, body: &'b Value) -> Result<&'b str, Reply> {
        let model = body["model"].as_str().filter(|model| !model.is_empty());
        let model = model.ok_or_else(|| invalid("model", "must be the name of a model"))?;
        if self.behaviour.serves_any_model || self.behaviour.models.iter().any(|known| known == model) {
            return Ok(model);
        }
        Err(Reply::error(404, "model_not_found", &format!("the model `{model}` does not exist here")))
    }
}

/// How many alternatives are asked for.
pub(crate) fn choices(body: &Value) -> Result<u64, Reply> {
    match &body["n"] {
        Value::Null => Ok(1),
        n => n
            .as_u64()
            .filter(|n| (1..=CHOICES_MAX).contains(n))
            .ok_or_else(|| invalid("n", &format!("must be 1 to {CHOICES_MAX}"))),
    }
}

/// The caller's limit of tokens, under the first of these names that he uses.
pub(crate) fn tokens_max(body: &Value, names: &[&'static str]) -> Result<Option<usize>, Reply> {
    let Some(name) = names.iter().find(|name| !body[**name].is_null()) else { return Ok(None) };
    match body[*name].as_u64() {
        Some(tokens) if tokens > 0 => Ok(Some(usize::try_from(tokens).unwrap_or(usize::MAX))),
        _ => Err(invalid(name, "must be a whole number of at least 1")),
    }
}

/// Whether the answer is to be streamed.
pub(crate) fn is_streaming(body: &Value) -> bool {
    body["stream"] == true
}

/// Whether a stream is to end with a chunk of usage.
pub(crate) fn includes_usage(body: &Value) -> bool {
    body["stream_options"]["include_usage"] == true
}

/// The error for a wrong field.
pub(crate) fn invalid(param: &str, problem: &str) -> Reply {
    let mut reply = Reply::error(400, "invalid_value", &format!("`{param}` {problem}"));
    if let Body::Json(value) = &mut reply.body {
        value["error"]["param"] = param.into();
    }
    reply
}
