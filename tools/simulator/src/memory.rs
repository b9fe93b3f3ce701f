//! What a node remembers from one request to the next: responses it stored, and beginnings of prompts it has seen.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

/// Most responses kept.
const RESPONSES_MAX: usize = 512;
/// Most bytes kept of them.
const RESPONSES_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most beginnings known.
const PREFIXES_MAX: usize = 4096;

/// A response that may be asked for later.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) response: Value,
    /// All that led to it, what it continues included.
    pub(crate) input: Vec<Value>,
}

/// The memory of one node.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    responses: VecDeque<(Stored, usize)>,
    response_bytes: usize,
    prefixes: VecDeque<u64>,
}

impl Memory {
    pub(crate) fn store(&self, stored: Stored) {
        let bytes = stored.response.to_string().len()
            + stored.input.iter().map(|item| item.to_string().len()).sum::<usize>();
        let mut kept = self.lock();
        kept.response_bytes += bytes;
        kept.responses.push_back((stored, bytes));
        while kept.responses.len() > RESPONSES_MAX || kept.response_bytes > RESPONSES_BYTES_MAX {
            let oldest = kept.responses.pop_front().map_or(0, |(_, bytes)| bytes);
            kept.response_bytes -= oldest;
        }
    }

    pub(crate) fn response(&self, id: &str) -> Option<Stored> {
        self.lock().responses.iter().find(|(stored, _)| stored.id == id).map(|(stored, _)| stored.clone())
    }

    /// An item of any stored response, of what led to it or of what came of it.
    pub(crate) fn item(&self, id: &str) -> Option<Value> {
        let kept = self.lock();
        let items = kept.responses.iter().flat_map(|(stored, _)| {
            let output = stored.response["output"].as_array().into_iter().flatten();
            stored.input.iter().chain(output)
        });
        items.into_iter().find(|item| item["id"] == id).cloned()
    }

    /// Whether there was such a response.
    pub(crate) fn forget(&self, id: &str) -> bool {
        let mut kept = self.lock();
        let Some(at) = kept.responses.iter().position(|(stored, _)| stored.id == id) else { return false };
        let bytes = kept.responses.remove(at).map_or(0, |(_, bytes)| bytes);
        kept.response_bytes -= bytes;
        true
    }

    /// How many of these beginnings, shortest first, were seen before; from now on all were.
    pub(crate) fn seen(&self, prefixes: &[u64]) -> usize {
        let mut kept = self.lock();
        let seen = prefixes.iter().rposition(|prefix| kept.prefixes.contains(prefix)).map_or(0, |at| at + 1);
        for prefix in &prefixes[seen..] {
            kept.prefixes.push_back(*prefix);
        }
        while kept.prefixes.len() > PREFIXES_MAX {
            kept.prefixes.pop_front();
        }
        seen
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Kept::default();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nothing panics while holding the memory")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Memory, RESPONSES_BYTES_MAX, RESPONSES_MAX, Stored};

    #[test]
    fn the_oldest_responses_are_forgotten() {
        let memory = Memory::default();
        let stored = |number: usize, text: &str| Stored {
            id: format!("resp_{number}"),
            response: json!({ "output": [{ "id": format!("msg_{number}"), "text": text }] }),
            input: Vec::new(),
        };
        for number in 0..=RESPONSES_MAX {
            memory.store(stored(number, ""));
        }
        assert!(memory.response("resp_0").is_none() && memory.response("resp_1").is_some());
        assert!(memory.item("msg_1").is_some());
        assert!(memory.forget("resp_1") && !memory.forget("resp_1"));
        memory.store(stored(9999, &"x".repeat(RESPONSES_BYTES_MAX)));
        assert!(memory.item("msg_2").is_none());
    }

    #[test]
    fn beginnings_are_seen_once_they_were_told() {
        let memory = Memory::default();
        assert_eq!(memory.seen(&[1, 2]), 0);
        assert_eq!(memory.seen(&[1, 2, 3]), 2);
        assert_eq!(memory.seen(&[1, 5]), 1);
    }
}
