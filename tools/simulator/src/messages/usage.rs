//! Counts tokens, and which of them come from the cache or go into it: the node knows the beginnings it was shown.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::messages::block::{Turn, blocks, plain};
use crate::messages::read::{block_tokens, tool_tokens};
use crate::seal::hash;

/// The input's tokens by where they come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Input {
    fresh: usize,
    read: usize,
    written_5m: usize,
    written_1h: usize,
}

/// A beginning that the caller marked.
struct Mark {
    prefix: u64,
    /// Tokens up to here.
    tokens: usize,
    is_1h: bool,
}

impl Input {
    /// Counts a request's input, and remembers the beginnings it marks.
    pub(super) fn count(body: &Value, turns: &[Turn], prompt_tokens: usize, ask: &Ask<'_>) -> Self {
        let marks = marks(body, turns);
        let prefixes: Vec<u64> = marks.iter().map(|mark| mark.prefix).collect();
        let seen = ask.memory.seen(&prefixes);
        let marked = seen.checked_sub(1).map_or(0, |last| marks[last].tokens);
        let mut input = Self { read: marked.max(ask.cached(prompt_tokens)), ..Self::default() };
        let mut counted = input.read;
        for mark in &marks[seen..] {
            let new = mark.tokens.saturating_sub(counted);
            counted += new;
            if mark.is_1h {
                input.written_1h += new;
            } else {
                input.written_5m += new;
            }
        }
        input.fresh = prompt_tokens.saturating_sub(counted);
        input
    }

    /// The usage object with so many tokens of output, some of them thought.
    pub(super) fn usage(self, output: usize, thinking: usize) -> Value {
        json!({
            "input_tokens": self.fresh,
            "cache_creation_input_tokens": self.written_5m + self.written_1h,
            "cache_read_input_tokens": self.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.written_5m, "ephemeral_1h_input_tokens": self.written_1h,
            },
            "output_tokens": output,
            "output_tokens_details": { "thinking_tokens": thinking },
            "service_tier": "standard",
        })
    }
}

/// The marked beginnings of a request, shortest first.
fn marks(body: &Value, turns: &[Turn]) -> Vec<Mark> {
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    let tools = tools.iter().map(|tool| ("tool".to_owned(), tool.clone(), tool_tokens(tool)));
    let system = blocks(&body["system"]).into_iter().map(|block| {
        let tokens = block_tokens(&block);
        ("system".to_owned(), block, tokens)
    });
    let said = turns.iter().flat_map(|turn| {
        turn.blocks.iter().map(|block| (turn.role.clone(), block.clone(), block_tokens(block)))
    });
    let all: Vec<_> = tools.chain(system).chain(said).collect();

    let is_automatic = body["cache_control"].is_object();
    let (mut prefix, mut tokens, mut marks) = (0_u64, 0, Vec::new());
    for (index, (place, block, block_tokens)) in all.iter().enumerate() {
        let text = plain(block).to_string();
        prefix = hash(&[&prefix.to_be_bytes(), place.as_bytes(), text.as_bytes()]);
        tokens += block_tokens;
        let own = &block["cache_control"];
        let mark = if own.is_object() { own } else { &body["cache_control"] };
        if own.is_object() || is_automatic && index + 1 == all.len() {
            marks.push(Mark { prefix, tokens, is_1h: mark["ttl"] == "1h" });
        }
    }
    marks
}
