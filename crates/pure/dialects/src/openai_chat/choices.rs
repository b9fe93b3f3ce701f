//! Which of several choices of a stream have finished. One choice, which is nearly every answer, needs none of this.

use std::collections::HashMap;

use serde_json::Value;

/// Most choices that are told apart; with more only the end mark ends a stream.
const CHOICES_MAX: usize = 128;

/// What is known of the choices that have begun.
#[derive(Debug)]
pub(super) struct ChoiceCount {
    asked: u64,
    /// By index: whether it has finished.
    begun: HashMap<u64, bool>,
}

impl ChoiceCount {
    pub(super) fn new(asked: u64) -> Self {
        Self { asked, begun: HashMap::new() }
    }

    /// Reads a chunk.
    pub(super) fn read(&mut self, data: &[u8]) {
        let Ok(chunk) = serde_json::from_slice::<Value>(data) else { return };
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let index = choice["index"].as_u64().unwrap_or(0);
            if self.begun.len() < CHOICES_MAX || self.begun.contains_key(&index) {
                *self.begun.entry(index).or_default() |=
                    choice["finish_reason"].as_str().is_some_and(|reason| !reason.is_empty());
            } else {
                self.asked = u64::MAX;
            }
        }
    }

    /// Whether any has finished. Some hosts name one reason for all.
    pub(super) fn has_any_finished(&self) -> bool {
        self.begun.values().any(|has_finished| *has_finished)
    }

    /// Whether as many as were asked for have begun, and all that began have finished.
    pub(super) fn have_all_finished(&self) -> bool {
        self.begun.len() as u64 >= self.asked.max(1) && self.begun.values().all(|has_finished| *has_finished)
    }
}
