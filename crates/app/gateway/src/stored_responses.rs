//! Which provider keeps which answer, and for whom. Only what passed since the start is known; the oldest are forgotten.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use dialects::stored::RESPONSE_ID_BYTES_MAX;
use store::KeyEntry;

/// Most answers that are remembered.
pub(crate) const STORED_RESPONSES_MAX: usize = 50_000;

/// Answers that providers keep. Its lock is held for one look-up, and only for calls about such answers.
#[derive(Debug, Default)]
pub(crate) struct StoredResponses {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<Arc<str>, Whereabouts>,
    /// The oldest first; some may be gone already.
    order: VecDeque<Arc<str>>,
}

/// Where an answer is kept, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Whereabouts {
    /// Whose answer it is.
    pub(crate) owner: Arc<KeyEntry>,
    /// The provider's place in the metrics, which no other ever gets.
    pub(crate) provider: u16,
    /// The line and credential that it came by.
    pub(crate) line: u64,
    pub(crate) model: Arc<str>,
}

impl StoredResponses {
    /// Notes where an answer is kept.
    pub(crate) fn note(&self, id: &str, whereabouts: Whereabouts) {
        if id.is_empty() || id.len() > RESPONSE_ID_BYTES_MAX {
            return;
        }
        let id: Arc<str> = id.into();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.by_id.insert(id.clone(), whereabouts).is_none() {
            known.order.push_back(id);
        }
        while known.order.len() > STORED_RESPONSES_MAX {
            if let Some(oldest) = known.order.pop_front() {
                known.by_id.remove(&oldest);
            }
        }
    }

    /// Where an answer is kept, and for whom.
    pub(crate) fn find(&self, id: &str) -> Option<Whereabouts> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::Secret;
    use store::{Asker, Database, KeyDesk, KeyHasher, NewKey};

    use super::{STORED_RESPONSES_MAX, StoredResponses, Whereabouts};

    async fn owner() -> Arc<store::KeyEntry> {
        let hasher = KeyHasher::new(&[7; 32]);
        let store = Database::in_memory(&hasher).await.unwrap();
        let desk = KeyDesk::open(Box::new(store), hasher, "bw_").await.unwrap();
        let text = "sk-for-this-test-only";
        let verbatim = Some(Secret::new(text.to_owned()));
        let new = NewKey { verbatim, ..NewKey::named("test") };
        desk.create(new, &Asker::operator("a test"), crate::wall_clock()).await.unwrap();
        desk.directory().find(&desk.hasher().digest(text)).unwrap()
    }

    #[tokio::test]
    async fn the_oldest_are_forgotten() {
        let stored = StoredResponses::default();
        let whereabouts = Whereabouts { owner: owner().await, provider: 1, line: 2, model: "m".into() };
        for number in 0..=STORED_RESPONSES_MAX {
            stored.note(&format!("resp_{number}"), whereabouts.clone());
            // Told twice, counted once.
            stored.note(&format!("resp_{number}"), whereabouts.clone());
        }
        assert!(stored.find("resp_0").is_none() && stored.find("resp_1").is_some());
        assert_eq!(stored.known.lock().unwrap().order.len(), STORED_RESPONSES_MAX);
    }
}
