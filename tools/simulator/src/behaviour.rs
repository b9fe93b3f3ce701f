//! How a node answers when nothing is wrong: how fast, how long, for whom. Faults are in `fault.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::delay::Delay;
use crate::fault::Fault;
use crate::talk::Scenario;

/// Longest answer that can be configured; a longer one is a misbehaviour (`huge`).
pub const ANSWER_TOKENS_MAX: u32 = 100_000;

/// A node's steady behaviour. Every field has a default, and a patch may name any subset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// From the whole request to the head of the answer.
    pub latency_ms: Delay,
    /// From the head of a stream to its first event.
    pub first_token_ms: Delay,
    /// Between the events of a stream.
    pub gap_ms: Delay,
    /// Length of an answer that `max_tokens` does not cut shorter.
    pub answer_tokens: u32,
    /// How many tokens go into one event of a stream.
    pub tokens_per_event: u32,
    /// Most requests it works on at once; further ones are refused at once. `None` takes all.
    pub concurrent_max: Option<u32>,
    /// How it refuses those, as a fault is written.
    pub refusal: String,
    /// The bearer key this node demands; `None` takes anyone.
    pub key: Option<String>,
    /// What `GET /models` lists.
    pub models: Vec<String>,
    /// Whether names that are not listed are served too.
    pub serves_any_model: bool,
    /// Tokens of every prompt that count as read from a cache, as far as it has so many.
    pub cached_tokens: u32,
    /// Whether chats are checked as closely as OpenAI does. The other dialects always are.
    pub is_strict: bool,
    /// Messages: whether the model takes system text between turns, as newer ones do.
    pub takes_system_turns: bool,
    /// What becomes of a turn of the model's own that the caller began.
    pub beginnings: Beginnings,
    /// Whose thinking this node's seals are bound to; `None` is the node's own name. Nodes of one account read each
    /// other's thinking.
    pub account: Option<String>,
    /// Whether a seal is bound to all that was said before it, too.
    pub binds_thinking: bool,
    /// Scenarios by name; see [`crate::Step`].
    pub scenarios: BTreeMap<String, Scenario>,
    /// The scenario that every request plays which names none itself.
    pub scenario: Option<String>,
}

/// What becomes of a turn of the model's own that the caller began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beginnings {
    /// The answer begins at its beginning.
    #[default]
    Anew,
    /// It is gone on with: only what is missing is said.
    Continued,
    /// Chats, Messages: the request is refused, as newer models do.
    Refused,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            latency_ms: Delay::NONE,
            first_token_ms: Delay::NONE,
            gap_ms: Delay::NONE,
            answer_tokens: 32,
            tokens_per_event: 1,
            concurrent_max: None,
            refusal: "status=429".to_owned(),
            key: None,
            models: vec!["gpt-4o".to_owned(), "gpt-4o-mini".to_owned(), "text-embedding-3-small".to_owned()],
            serves_any_model: true,
            cached_tokens: 0,
            is_strict: false,
            takes_system_turns: true,
            beginnings: Beginnings::Anew,
            account: None,
            binds_thinking: false,
            scenarios: BTreeMap::new(),
            scenario: None,
        }
    }
}

impl Behaviour {
    /// This behaviour with the named fields replaced; `null` gives a field its default.
    pub fn patched(&self, patch: &Value) -> Result<Self, String> {
        let Some(patch) = patch.as_object() else {
            return Err(r#"a behaviour is a JSON object such as {"latency_ms": 20}"#.to_owned());
        };
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let fields = whole.as_object_mut().expect("a struct is written as an object");
        for (name, value) in patch {
            if value.is_null() {
                fields.remove(name);
            } else {
                fields.insert(name.clone(), value.clone());
            }
        }
        let patched: Self = serde_json::from_value(whole).map_err(|error| error.to_string())?;
        if !(1..=ANSWER_TOKENS_MAX).contains(&patched.answer_tokens) {
            return Err(format!(
                "answer_tokens must be 1 to {ANSWER_TOKENS_MAX}, not {}",
                patched.answer_tokens
            ));
        }
        patched.refusal.parse::<Fault>().map_err(|error| format!("refusal: {error}"))?;
        if patched.tokens_per_event == 0 {
            return Err("tokens_per_event must be at least 1".to_owned());
        }
        Ok(patched)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Behaviour;
    use crate::delay::Delay;

    #[test]
    fn a_patch_changes_what_it_names() {
        let before = Behaviour { answer_tokens: 5, ..Behaviour::default() };
        let after = before.patched(&json!({ "latency_ms": 20, "key": "k" })).unwrap();
        assert_eq!(
            after,
            Behaviour { latency_ms: Delay::Constant(20.0), key: Some("k".to_owned()), ..before.clone() }
        );
        assert_eq!(after.patched(&json!({ "latency_ms": null, "key": null })).unwrap(), before);
    }

    #[test]
    fn a_wrong_patch_says_what_is_wrong() {
        let check = |patch, part: &str| {
            let error = Behaviour::default().patched(&patch).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check(json!({ "latencyms": 20 }), "unknown field `latencyms`");
        check(json!({ "latency_ms": "fast" }), "is no delay");
        check(json!({ "answer_tokens": 0 }), "answer_tokens must be 1 to");
        check(json!({ "refusal": "no" }), "refusal: ");
        check(json!([]), "JSON object");
    }
}
