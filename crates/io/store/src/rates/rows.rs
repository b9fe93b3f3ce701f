//! All limits at present. Immutable: a change puts another in its place.

use std::collections::HashMap;
use std::sync::Arc;

use domain::KeyId;
use limits::budget::Scope;

use super::entry::LimitEntry;

/// Every bundle, in the order of their numbers.
#[derive(Debug, Default)]
pub struct LimitRows {
    all: Vec<Arc<LimitEntry>>,
    /// Of keys with limits: the keys that follow them, which count for the same.
    followers: HashMap<KeyId, Vec<KeyId>>,
    /// Those of keys, by each key that counts for them.
    of_keys: HashMap<KeyId, Vec<Arc<LimitEntry>>>,
}

impl LimitRows {
    pub(super) fn of(mut all: Vec<Arc<LimitEntry>>, followers: HashMap<KeyId, Vec<KeyId>>) -> Self {
        all.sort_by_key(|entry| entry.number);
        let mut of_keys = HashMap::<KeyId, Vec<Arc<LimitEntry>>>::new();
        for entry in &all {
            let Scope::Key(key) = &entry.scope else { continue };
            for counts in std::iter::once(key).chain(followers.get(key).into_iter().flatten()) {
                of_keys.entry(counts.clone()).or_default().push(Arc::clone(entry));
            }
        }
        Self { all, followers, of_keys }
    }

    /// Every one, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<LimitEntry>> {
        self.all.iter()
    }

    /// One, by its number.
    pub fn find(&self, number: u64) -> Option<&Arc<LimitEntry>> {
        let at = self.all.binary_search_by_key(&number, |entry| entry.number).ok()?;
        self.all.get(at)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The limits of a key itself, and of those that it follows.
    pub fn of_key(&self, key: &KeyId) -> &[Arc<LimitEntry>] {
        self.of_keys.get(key).map_or(&[], Vec::as_slice)
    }

    /// The keys that follow one that has limits.
    pub fn followers(&self, key: &KeyId) -> &[KeyId] {
        self.followers.get(key).map_or(&[], Vec::as_slice)
    }

    /// The same with one more, or in the place of the one of its sort.
    pub(super) fn with(&self, entry: LimitEntry, followers: Vec<KeyId>) -> Self {
        let is_other = |it: &&Arc<LimitEntry>| !is_same(it, &entry);
        let mut all: Vec<_> = self.all.iter().filter(is_other).map(Arc::clone).collect();
        let mut known = self.followers.clone();
        if let Scope::Key(key) = &entry.scope {
            known.insert(key.clone(), followers);
        }
        all.push(Arc::new(entry));
        Self::of(all, known)
    }

    /// The same without one.
    pub(super) fn without(&self, number: u64) -> Self {
        let left = self.all.iter().filter(|it| it.number != number).map(Arc::clone).collect();
        Self::of(left, self.followers.clone())
    }

    /// The same where a key has a successor; nothing where that changes nothing.
    pub(super) fn followed(&self, former: &KeyId, successor: &KeyId) -> Option<Self> {
        let mut known = self.followers.clone();
        let mut is_changed = false;
        for (key, line) in &mut known {
            if line.last().unwrap_or(key) == former {
                line.push(successor.clone());
                is_changed = true;
            }
        }
        is_changed.then(|| Self::of(self.all.clone(), known))
    }
}

/// Whether both say the same sort of thing of the same, by the same.
pub(super) fn is_same(one: &LimitEntry, other: &LimitEntry) -> bool {
    one.scope == other.scope && one.says.sort() == other.says.sort() && one.is_operators == other.is_operators
}
