//! Of three drawn by lot, the one who would answer sooner: his pace, times those he has before us. It needs no agreement
//! between workers and never sends everybody to the one who was fastest a moment ago. Of two, one request in nine would find
//! two slow ones where a third of all are slow (a region); of three, one in twenty-seven.

use super::field::Field;
use crate::rng::Rng;

pub(super) fn choose(field: &Field<'_, '_>, rng: &mut Rng) -> usize {
    let count = field.candidates.len();
    let cost = |place: usize| field.candidates[place].cost(field);
    let sooner = |left: usize, right: usize| if cost(right) < cost(left) { right } else { left };
    let first = rng.below(count);
    // Counted from the one before, around: no one is drawn twice.
    let second = 1 + rng.below(count - 1);
    let better = sooner(first, (first + second) % count);
    if count == 2 {
        return better;
    }
    let third = 1 + rng.below(count - 2);
    let third = third + usize::from(third >= second);
    sooner(better, (first + third) % count)
}
