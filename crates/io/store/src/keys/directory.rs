//! All keys in memory, found by digest without a lock. It is a projection: the database is the truth, the desk keeps
//! both in step.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use domain::KeyId;

use super::contract::CallerKey;
use super::digest::{BuildAsIs, KeyDigest};
use super::entry::KeyEntry;

/// With a million keys a shard holds four thousand, which is what adding one key copies.
const SHARDS: usize = 256;

type Shard = HashMap<KeyDigest, Arc<KeyEntry>, BuildAsIs>;

/// Every key there is, expired and revoked ones too, so that a refusal can say which it is.
#[derive(Debug)]
pub struct KeyDirectory {
    shards: Box<[ArcSwap<Shard>]>,
    /// For the control side only; its lock also puts changes in a row.
    by_id: Mutex<HashMap<KeyId, Arc<KeyEntry>>>,
}

/// A directory before it is shared: keys are added without copying.
#[derive(Debug)]
pub(super) struct Loading {
    shards: Vec<Shard>,
    by_id: HashMap<KeyId, Arc<KeyEntry>>,
}

impl KeyDirectory {
    /// The key with this digest. The caller asks its state.
    pub fn find(&self, digest: &KeyDigest) -> Option<Arc<KeyEntry>> {
        self.shards[digest.shard::<SHARDS>()].load().get(digest).map(Arc::clone)
    }

    /// The key with this id.
    pub fn find_by_id(&self, id: &KeyId) -> Option<Arc<KeyEntry>> {
        self.lock().get(id).map(Arc::clone)
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether no key was ever made here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a key; one that is known keeps its entry and counters.
    pub(super) fn insert(&self, key: &CallerKey) {
        let mut by_id = self.lock();
        if by_id.contains_key(&key.id) {
            return;
        }
        let entry = Arc::new(KeyEntry::new(key));
        let shard = &self.shards[key.digest.shard::<SHARDS>()];
        let mut copy = Shard::clone(&shard.load());
        copy.insert(entry.digest, Arc::clone(&entry));
        shard.store(Arc::new(copy));
        by_id.insert(key.id.clone(), entry);
    }

    /// From this moment no worker lets the key in.
    pub(super) fn revoke(&self, id: &KeyId) {
        if let Some(entry) = self.lock().get(id) {
            entry.revoke();
        }
    }

    /// From this moment calls that begin are served as the changed key says.
    pub(super) fn change(&self, key: &CallerKey) {
        if let Some(entry) = self.lock().get(&key.id) {
            entry.set_strict(key.is_strict);
            entry.set_models(&key.models);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<KeyId, Arc<KeyEntry>>> {
        // Each change to the index is one insertion, so a panic elsewhere cannot have left it half done.
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loading {
    pub(super) fn new() -> Self {
        Self { shards: vec![Shard::default(); SHARDS], by_id: HashMap::new() }
    }

    pub(super) fn add(&mut self, key: &CallerKey) {
        let entry = Arc::new(KeyEntry::new(key));
        self.shards[key.digest.shard::<SHARDS>()].insert(key.digest, Arc::clone(&entry));
        self.by_id.insert(key.id.clone(), entry);
    }

    pub(super) fn finish(self) -> KeyDirectory {
        let shards = self.shards.into_iter().map(ArcSwap::from_pointee).collect();
        KeyDirectory { shards, by_id: Mutex::new(self.by_id) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use domain::Timestamp;

    use super::Loading;
    use crate::keys::contract::{CallerKey, KeyState};
    use crate::keys::digest::{KeyDigest, KeyHasher};
    use crate::keys::suite::example;

    const NOW: Timestamp = Timestamp(1_795_219_300_000);

    #[test]
    fn keys_are_found_by_digest_and_know_their_state() {
        let expired = CallerKey { expires_at: Some(NOW), ..example(2) };
        let revoked = CallerKey { revoked_at: Some(NOW), ..example(3) };
        let mut loading = Loading::new();
        for key in [&example(1), &expired, &revoked] {
            loading.add(key);
        }
        let directory = loading.finish();
        let state = |number| directory.find(&KeyDigest([number; 32])).map(|entry| entry.state(NOW));
        assert_eq!(
            [1, 2, 3, 4].map(state),
            [Some(KeyState::Active), Some(KeyState::Expired), Some(KeyState::Revoked), None]
        );
        assert_eq!(directory.len(), 3);
    }

    #[test]
    fn revoking_reaches_entries_already_held() {
        let directory = Loading::new().finish();
        directory.insert(&example(1));
        let held = directory.find(&KeyDigest([1; 32])).unwrap();
        directory.revoke(&example(1).id);
        assert_eq!(held.state(NOW), KeyState::Revoked);
    }

    #[test]
    fn a_change_reaches_entries_already_held() {
        let directory = Loading::new().finish();
        directory.insert(&CallerKey { is_strict: true, ..example(1) });
        let held = directory.find(&KeyDigest([1; 32])).unwrap();
        assert!(held.is_strict());
        directory.change(&example(1));
        assert!(!held.is_strict());
    }

    #[test]
    fn adding_a_known_key_keeps_its_counters() {
        let directory = Loading::new().finish();
        directory.insert(&example(1));
        let held = directory.find(&KeyDigest([1; 32])).unwrap();
        held.counters.requests.fetch_add(5, Ordering::Relaxed);
        directory.insert(&example(1));
        assert!(Arc::ptr_eq(&held, &directory.find_by_id(&example(1).id).unwrap()));
        assert_eq!(directory.len(), 1);
    }

    #[test]
    fn readers_never_miss_a_key_while_others_are_added() {
        let hasher = KeyHasher::new(&[1; 32]);
        let directory = Loading::new().finish();
        directory.insert(&example(1));
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    assert!(directory.find(&KeyDigest([1; 32])).is_some());
                }
            });
            for number in 0..2000_u128 {
                let id = domain::KeyId::new(NOW, number);
                let digest = hasher.digest(id.as_str());
                directory.insert(&CallerKey { id, digest, ..example(2) });
                assert!(directory.find(&digest).is_some());
            }
            is_done.store(true, Ordering::Relaxed);
            reader.join().unwrap();
        });
        assert_eq!(directory.len(), 2001);
    }
}
