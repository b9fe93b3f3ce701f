//! Values by keys of which the same comes many times in a row: the one that was asked for last is found without looking.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by their keys.
#[derive(Debug)]
pub(super) struct Slots<K, V> {
    places: HashMap<K, usize>,
    values: Vec<(K, V)>,
    last: usize,
}

impl<K, V> Default for Slots<K, V> {
    fn default() -> Self {
        Self { places: HashMap::new(), values: Vec::new(), last: 0 }
    }
}

impl<K: Copy + Eq + Hash, V: Default> Slots<K, V> {
    /// The value of a key; an empty one where there was none.
    pub(super) fn of(&mut self, key: K) -> &mut V {
        if self.values.get(self.last).is_none_or(|(known, _)| *known != key) {
            self.last = *self.places.entry(key).or_insert(self.values.len());
            if self.last == self.values.len() {
                self.values.push((key, V::default()));
            }
        }
        &mut self.values[self.last].1
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.values.len()
    }

    /// All of them, in the order in which they came.
    pub(super) fn all(self) -> impl Iterator<Item = (K, V)> {
        self.values.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn each_key_has_one_value_however_they_come() {
        let mut slots = Slots::<u32, u64>::default();
        for key in [7, 7, 3, 7, 3, 3, 9] {
            *slots.of(key) += 1;
        }
        assert_eq!(slots.len(), 3);
        assert_eq!(slots.all().collect::<Vec<_>>(), [(7, 3), (3, 3), (9, 1)]);
    }
}
