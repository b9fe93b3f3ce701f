//! Whom a target is for: a header, a key or its tags, the size of the prompt, what it needs. All that is said must hold.

use crate::ask::Ask;
use crate::capability::Capabilities;

/// What must hold of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Headers, by their names in lower case, and the values they must have; `None` for any.
    pub headers: Vec<(String, Option<String>)>,
    /// The ids of the keys; any if empty.
    pub keys: Vec<String>,
    /// Tags of the key, by their names, and the values they must have; `None` for any.
    pub tags: Vec<(String, Option<String>)>,
    /// So many tokens at least.
    pub tokens_min: Option<u64>,
    /// So many tokens at most.
    pub tokens_max: Option<u64>,
    /// What it must need.
    pub needs: Capabilities,
    /// Streams only, or whole answers only.
    pub is_streaming: Option<bool>,
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, ask: &Ask<'_>) -> bool {
        says(&self.headers, ask.header)
            && says(&self.tags, ask.tag)
            && (self.keys.is_empty()
                || ask.key.is_some_and(|key| self.keys.iter().any(|wanted| wanted == key)))
            && self.tokens_min.is_none_or(|min| ask.tokens >= min)
            && self.tokens_max.is_none_or(|max| ask.tokens <= max)
            && self.is_streaming.is_none_or(|wanted| wanted == ask.is_streaming)
            && (self.needs.are_none() || (ask.needs)(self.needs) == self.needs)
    }
}

/// Whether all of these are there, with the values they must have.
fn says<'a>(wanted: &[(String, Option<String>)], found: &dyn Fn(&str) -> Option<&'a str>) -> bool {
    wanted.iter().all(|(name, wanted)| {
        found(name).is_some_and(|found| wanted.as_ref().is_none_or(|wanted| wanted == found))
    })
}
