//! All keys in memory, found by digest without a lock. It is a projection: the database is the truth, the desk keeps
//! both in step.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use hashbrown::HashTable;

use super::contract::{CallerKey, LoadedKey};
use super::digest::{DigestOf, KeyDigest, KeyHasher};
use super::entry::{Facts, KeyEntry};
use super::sharing::Sharing;
use crate::tenancy::Reach;

/// With a million keys a shard holds four thousand, which is what adding one key copies.
const SHARDS: usize = 256;

/// Entries by digest. They know their digests, so that no table has to.
type Shard = HashTable<Arc<KeyEntry>>;

/// Every key there is, expired and revoked ones too, so that a refusal can say which it is.
#[derive(Debug)]
pub struct KeyDirectory {
    shards: Box<[ArcSwap<Shard>]>,
    /// Of which shards a key was used since its uses were last written down.
    is_used: Box<[AtomicBool]>,
    /// Some keys are known only by a digest that another gateway made.
    has_hashed: AtomicBool,
    /// For the control side only; its lock also puts changes in a row.
    index: Mutex<Index>,
}

/// Entries by id, in parts so that none takes long to grow.
#[derive(Debug, Default)]
struct Index {
    parts: Vec<HashTable<Arc<KeyEntry>>>,
    hashes: RandomState,
    sharing: Sharing,
}

/// A directory before it is shared.
#[derive(Debug)]
pub(super) struct Loading {
    entries: Vec<Arc<KeyEntry>>,
    has_hashed: bool,
    sharing: Sharing,
}

impl KeyDirectory {
    /// The key that a caller sent. One look-up, or two where keys came here as digests of another gateway.
    pub fn look_up(&self, sent: &str, hasher: &KeyHasher) -> Option<Arc<KeyEntry>> {
        let found = self.find(&hasher.digest(sent));
        if found.is_some() || !self.has_hashed.load(Ordering::Relaxed) {
            return found;
        }
        self.find(&hasher.digest_of_sha256(&KeyHasher::sha256(sent)))
    }

    /// The key with this digest. The caller asks its state.
    pub fn find(&self, digest: &KeyDigest) -> Option<Arc<KeyEntry>> {
        let shard = self.shards[digest.shard::<SHARDS>()].load();
        shard.find(digest.hash(), |entry| entry.digest == *digest).map(Arc::clone)
    }

    /// The key with this id.
    pub fn find_by_id(&self, id: &KeyId) -> Option<Arc<KeyEntry>> {
        self.lock().find(id).map(Arc::clone)
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.lock().parts.iter().map(HashTable::len).sum()
    }

    /// Whether no key was ever made here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes that a key is used; cheap but once a minute, and then cheap, too.
    pub fn note_use(&self, entry: &KeyEntry, now: Timestamp) {
        if entry.use_at(now) {
            self.is_used[entry.digest.shard::<SHARDS>()].store(true, Ordering::Relaxed);
        }
    }

    /// Keys that were used since their uses were last written down, `count` or a few more.
    pub(super) fn unkept_uses(&self, count: usize) -> Vec<(Arc<KeyEntry>, Timestamp)> {
        let mut uses = Vec::new();
        for (shard, is_used) in self.shards.iter().zip(&self.is_used) {
            if uses.len() >= count {
                break;
            }
            // Looked at after the flag is taken back: a use that comes in between sets it again.
            if is_used.swap(false, Ordering::Relaxed) {
                let shard = shard.load();
                let used = shard.iter().filter_map(|entry| Some((Arc::clone(entry), entry.unkept_use()?)));
                uses.extend(used);
            }
        }
        uses
    }

    /// Notes that these uses could not be written down.
    pub(super) fn uses_remain(&self, uses: &[(Arc<KeyEntry>, Timestamp)]) {
        for (entry, _) in uses {
            self.is_used[entry.digest.shard::<SHARDS>()].store(true, Ordering::Relaxed);
        }
    }

    /// From this moment no worker lets an organisation's keys in, or all do again.
    pub(crate) fn suspend(&self, organisation: &OrganisationId, is_suspended: bool) {
        self.lock().sharing.suspend(organisation, is_suspended);
    }

    /// From this moment no worker lets a project's keys in, also one that is being made while it is archived.
    pub(crate) fn archive(&self, project: &ProjectId) {
        self.lock().sharing.archive(project);
    }

    /// Adds a key; one that is known keeps its entry and counters.
    pub(super) fn insert(&self, key: &CallerKey) {
        self.insert_all(std::slice::from_ref(key));
    }

    /// Adds keys, copying each shard once.
    pub(super) fn insert_all(&self, keys: &[CallerKey]) {
        let mut index = self.lock();
        let mut added: Vec<Vec<Arc<KeyEntry>>> = vec![Vec::new(); if keys.len() > 1 { SHARDS } else { 0 }];
        for key in keys {
            if index.find(&key.id).is_some() {
                continue;
            }
            if key.digest_of == DigestOf::Sha256 {
                self.has_hashed.store(true, Ordering::Relaxed);
            }
            let facts = index.facts(key);
            let owner = index.sharing.owner(&key.organisation, &key.project);
            let entry = Arc::new(KeyEntry::new(key.id.clone(), key.digest, owner, facts));
            index.add(Arc::clone(&entry));
            let place = key.digest.shard::<SHARDS>();
            match added.get_mut(place) {
                Some(added) => added.push(entry),
                None => self.extend_shard(place, [entry]),
            }
        }
        for (place, added) in added.into_iter().enumerate().filter(|(_, added)| !added.is_empty()) {
            self.extend_shard(place, added);
        }
    }

    fn extend_shard(&self, place: usize, entries: impl IntoIterator<Item = Arc<KeyEntry>>) {
        let mut copy = Shard::clone(&self.shards[place].load());
        for entry in entries {
            copy.insert_unique(entry.digest.hash(), entry, hash_of);
        }
        self.shards[place].store(Arc::new(copy));
    }

    /// From this moment no worker lets the key in, if it is within reach.
    pub(crate) fn revoke(&self, id: &KeyId, reach: &Reach) {
        if let Some(entry) = self.lock().find(id).filter(|entry| reach.holds(entry.organisation())) {
            entry.revoke();
        }
    }

    /// From this moment calls that begin are served as the changed key says.
    pub(super) fn change(&self, key: &CallerKey) {
        let mut index = self.lock();
        let facts = index.facts(key);
        if let Some(entry) = index.find(&key.id) {
            entry.set(facts);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Index> {
        // Each change to the index is one insertion, so a panic elsewhere cannot have left it half done.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    fn find(&self, id: &KeyId) -> Option<&Arc<KeyEntry>> {
        let hash = self.hashes.hash_one(id);
        self.parts[part_of(hash)].find(hash, |entry| entry.id == *id)
    }

    fn add(&mut self, entry: Arc<KeyEntry>) {
        let hash = self.hashes.hash_one(&entry.id);
        let hashes = &self.hashes;
        self.parts[part_of(hash)].insert_unique(hash, entry, |entry| hashes.hash_one(&entry.id));
    }

    fn facts(&mut self, key: &CallerKey) -> Facts {
        Facts {
            expires_at: key.expires_at,
            is_revoked: key.revoked_at.is_some(),
            is_strict: key.is_strict,
            plan: self.sharing.plan(&key.plan),
            scopes: self.sharing.scopes(&key.scopes),
            tags: self.sharing.tags(&key.tags),
        }
    }
}

impl Loading {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), has_hashed: false, sharing: Sharing::default() }
    }

    pub(super) fn add(&mut self, key: LoadedKey<'_>) {
        self.has_hashed |= key.digest_of == DigestOf::Sha256;
        let facts = Facts {
            expires_at: key.expires_at,
            is_revoked: key.is_revoked,
            is_strict: key.is_strict,
            plan: self.sharing.plan(key.plan),
            scopes: self.sharing.scopes(key.scopes),
            tags: self.sharing.tags(key.tags),
        };
        let owner = self.sharing.owner(key.organisation, key.project);
        self.entries.push(Arc::new(KeyEntry::new(key.id, key.digest, owner, facts)));
    }

    /// Every table is made as large as it must be: growing would look at each entry again and again.
    pub(super) fn finish(self) -> KeyDirectory {
        let mut index = Index { sharing: self.sharing, ..Index::default() };
        let (mut in_shards, mut in_parts) = (vec![0; SHARDS], vec![0; SHARDS]);
        for entry in &self.entries {
            in_shards[entry.digest.shard::<SHARDS>()] += 1;
            in_parts[part_of(index.hashes.hash_one(&entry.id))] += 1;
        }
        let mut shards: Vec<Shard> = in_shards.into_iter().map(Shard::with_capacity).collect();
        index.parts = in_parts.into_iter().map(HashTable::with_capacity).collect();
        for entry in self.entries {
            let shard = &mut shards[entry.digest.shard::<SHARDS>()];
            shard.insert_unique(entry.digest.hash(), Arc::clone(&entry), hash_of);
            index.add(entry);
        }
        KeyDirectory {
            shards: shards.into_iter().map(ArcSwap::from_pointee).collect(),
            is_used: (0..SHARDS).map(|_| AtomicBool::new(false)).collect(),
            has_hashed: AtomicBool::new(self.has_hashed),
            index: Mutex::new(index),
        }
    }
}

fn hash_of(entry: &Arc<KeyEntry>) -> u64 {
    entry.digest.hash()
}

/// Not by the bits that place it within the part.
const fn part_of(hash: u64) -> usize {
    (hash >> 40) as usize % SHARDS
}

#[cfg(test)]
mod tests;
