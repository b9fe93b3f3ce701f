//! Ids and names made legal for a target. The same input always gives the same output: a conversation's earlier turns must
//! not change when later ones come.

use std::borrow::Cow;

use super::part::Part;
use super::prompt::Prompt;

/// Longest id of a call that every dialect takes.
const ID_BYTES_MAX: usize = 64;
/// Characters of a digest that stand for what had to be changed.
const NAME_DIGEST_CHARS: usize = 8;
const ID_DIGEST_CHARS: usize = 20;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An id of a call as every dialect takes it: letters, digits, `_` and `-`. One that is legal stays.
pub fn legal_id(id: &str) -> Cow<'_, str> {
    if is_legal(id, ID_BYTES_MAX) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(format!("call_{}", digest(id, ID_DIGEST_CHARS)))
}

/// An id of exactly `chars` letters and digits, for targets that take no other.
pub fn short_id(id: &str, chars: usize) -> Cow<'_, str> {
    if id.len() == chars && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(digest(id, chars))
}

/// The names of a prompt's tools as a target takes them, those of the conversation so far included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames {
    /// As the caller knows it, and as it is sent. Only what differs.
    changed: Vec<(String, String)>,
}

impl ToolNames {
    /// Makes the names of a prompt legal: letters, digits, `_` and `-`, at most `bytes_max` of them.
    pub fn of(prompt: &Prompt, bytes_max: usize) -> Self {
        let mut names = Self::default();
        let called = prompt.turns.iter().flat_map(|turn| &turn.parts).filter_map(|part| match part {
            Part::Call(call) => Some(call.name.as_str()),
            _ => None,
        });
        for name in prompt.tools.iter().map(|tool| tool.name.as_str()).chain(called) {
            if !is_legal(name, bytes_max) && !names.changed.iter().any(|(known, _)| known == name) {
                names.changed.push((name.to_owned(), legal_name(name, bytes_max)));
            }
        }
        names
    }

    /// The name as it is sent.
    pub fn sent<'a>(&'a self, name: &'a str) -> &'a str {
        self.changed.iter().find(|(known, _)| known == name).map_or(name, |(_, sent)| sent)
    }

    /// What had to be changed: as sent, and as the caller knows it.
    pub fn renamed(&self) -> Vec<(String, String)> {
        self.changed.iter().map(|(known, sent)| (sent.clone(), known.clone())).collect()
    }
}

fn is_legal(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// With a digest always, so that no two names meet whatever else is called how.
fn legal_name(name: &str, bytes_max: usize) -> String {
    let room = bytes_max.saturating_sub(NAME_DIGEST_CHARS + 1);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let kept: String = name.chars().map(plain).take(room).collect();
    format!("{kept}_{}", digest(name, NAME_DIGEST_CHARS))
}

/// Letters and digits that stand for a text (FNV-1a, continued for as many characters as are wanted).
fn digest(text: &str, chars: usize) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = text.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    let mut out = String::with_capacity(chars);
    for round in 0..chars {
        hash = (hash ^ (hash >> 29) ^ round as u64).wrapping_mul(PRIME);
        out.push(char::from(BASE62[(hash >> 32) as usize % BASE62.len()]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ToolNames, legal_id, short_id};
    use crate::canonical::{Prompt, Tool, ToolKind};

    #[test]
    fn what_is_legal_stays_and_the_rest_is_the_same_every_time() {
        assert_eq!(legal_id("call_abc-1"), "call_abc-1");
        for odd in ["", "a.b", "functions.f:0", &"x".repeat(65), "ä"] {
            let id = legal_id(odd);
            assert!(id.len() <= 64 && id.starts_with("call_"), "{odd}: {id}");
            assert_eq!(id, legal_id(odd));
        }
        assert_ne!(legal_id("a.b"), legal_id("a:b"));
        assert_eq!(short_id("abcdefgh9", 9), "abcdefgh9");
        assert_eq!(short_id("call_1", 9).len(), 9);
        assert_ne!(short_id("call_1", 9), short_id("call_2", 9));
    }

    #[test]
    fn names_that_would_meet_stay_apart() {
        let tool = |name: &str| Tool {
            name: name.to_owned(),
            description: None,
            kind: ToolKind::Function { schema: String::new() },
            is_strict: None,
            mark: None,
            path: String::new(),
        };
        let long = "n".repeat(200);
        let tools = ["a.b", "a b", "a_b", &long].map(tool).to_vec();
        let names = ToolNames::of(&Prompt { tools, ..Prompt::default() }, 64);
        let sent = ["a.b", "a b", "a_b", &long].map(|name| names.sent(name).to_owned());
        assert_eq!(sent[2], "a_b");
        assert!(sent.iter().all(|name| super::is_legal(name, 64)), "{sent:?}");
        let apart: std::collections::HashSet<_> = sent.iter().collect();
        assert_eq!(apart.len(), 4);
        assert_eq!(names.renamed().len(), 3);
    }
}
