//! Which of the limits that a call counts for are marked: a bit for each, and how many there may be at most.

use super::measure::Measure;

/// Limits that one call counts for, at most.
pub const NEEDS_MAX: usize = 256;

/// Bundles that a key, a project or an organisation may have: one that acts, one that warns and a plan, by the operator and by
/// the organisation each.
const BUNDLES_MAX: usize = 6;
/// Those of a key, its project and its organisation, of the model and of the end user: all that a call counts for but for those
/// of the keys that its own has followed. None of them is ever left out, whatever is set: if they had no room, this would not compile.
const OWN_NEEDS_MAX: usize = (3 * BUNDLES_MAX + 2) * Measure::ALL.len();
/// So there is room for those of keys that a key has followed; of a longer line those that came last before it count.
pub const FOLLOWED_MAX: usize = NEEDS_MAX - OWN_NEEDS_MAX;

const WORD_BITS: usize = u64::BITS as usize;

/// A mark for each limit that one call counts for, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks([u64; NEEDS_MAX / WORD_BITS]);

impl Marks {
    /// None.
    pub const NONE: Self = Self([0; NEEDS_MAX / WORD_BITS]);

    /// Marks the one at a place.
    pub const fn mark(&mut self, place: usize) {
        if place < NEEDS_MAX {
            self.0[place / WORD_BITS] |= 1 << (place % WORD_BITS);
        }
    }

    /// Whether the one at a place is marked.
    pub const fn has(&self, place: usize) -> bool {
        place < NEEDS_MAX && self.0[place / WORD_BITS] & (1 << (place % WORD_BITS)) != 0
    }
}

/// With the places that are marked.
impl FromIterator<usize> for Marks {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        let mut marks = Self::default();
        places.into_iter().for_each(|place| marks.mark(place));
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::{Marks, NEEDS_MAX};

    #[test]
    fn every_place_has_a_mark_of_its_own() {
        let places = [0, 1, 63, 64, 127, 128, NEEDS_MAX - 1];
        let marks: Marks = places.into_iter().chain([NEEDS_MAX, usize::MAX]).collect();
        let marked: Vec<_> = (0..2 * NEEDS_MAX).filter(|place| marks.has(*place)).collect();
        assert_eq!(marked, places);
    }
}
