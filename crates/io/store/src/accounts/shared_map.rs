//! A map of which each version shares what it has with the one before: a change copies one part of many, so that making many
//! things one after the other takes no longer for each the more there are.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;

/// Into so many parts it is divided. A change copies their list and one of them.
const PARTS: usize = 1_024;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct SharedMap<K, V> {
    parts: Vec<Arc<HashTable<(K, V)>>>,
    hashing: RandomState,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self { parts: vec![Arc::default(); PARTS], hashing: RandomState::new() }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> SharedMap<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let hash = self.hashing.hash_one(key);
        self.parts[part(hash)].find(hash, |(known, _)| known == key).map(|(_, value)| value)
    }

    /// Puts in, or in the place of what is there; what others share is copied before.
    pub(super) fn put(&mut self, key: K, value: V) {
        let (hash, hashing) = (self.hashing.hash_one(&key), &self.hashing);
        let part = Arc::make_mut(&mut self.parts[part(hash)]);
        match part.find_mut(hash, |(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => {
                part.insert_unique(hash, (key, value), |(key, _)| hashing.hash_one(key));
            }
        }
    }

    /// Every value, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.parts.iter().flat_map(|part| part.iter().map(|(_, value)| value))
    }
}

/// By bits of its own: the tables look at the lowest and the highest.
const fn part(hash: u64) -> usize {
    (hash >> 32) as usize % PARTS
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::SharedMap;

    /// Counts how often values are copied.
    #[derive(Debug)]
    struct Counted(u64, Rc<Cell<u64>>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.1.set(self.1.get() + 1);
            Self(self.0, Rc::clone(&self.1))
        }
    }

    #[test]
    fn a_change_leaves_the_version_before_as_it_was() {
        let mut first = SharedMap::default();
        (0..5_000).for_each(|key| first.put(key, key));
        let mut second = first.clone();
        second.put(7, 70);
        second.put(9_000, 9);
        assert_eq!((first.get(&7), first.get(&9_000)), (Some(&7), None));
        assert_eq!((second.get(&7), second.get(&9_000), second.get(&8)), (Some(&70), Some(&9), Some(&8)));
        assert_eq!((first.values().count(), second.values().count()), (5_000, 5_001));
    }

    #[test]
    fn a_version_for_each_of_many_copies_few_of_them() {
        const COUNT: u64 = 4_096;
        let copies = Rc::new(Cell::new(0));
        let mut newest = SharedMap::default();
        for key in 0..COUNT {
            let mut next = newest.clone();
            next.put(key, Counted(key, Rc::clone(&copies)));
            newest = next;
        }
        // All of them each time would be eight million.
        assert!(copies.get() < 16 * COUNT, "{} copies", copies.get());
        assert_eq!(newest.get(&11).map(|counted| counted.0), Some(11));
    }
}
