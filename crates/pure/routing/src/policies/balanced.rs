//! Of two drawn by lot, the one who would answer sooner: his pace, times those he has before us. It needs no agreement
//! between workers and never sends everybody to the one who was fastest a moment ago.

use super::field::Field;
use crate::rng::Rng;

pub(super) fn choose(field: &Field<'_, '_>, rng: &mut Rng) -> usize {
    let count = field.candidates.len();
    let first = rng.below(count);
    let second = (first + 1 + rng.below(count - 1)) % count;
    let cost = |place: usize| field.candidates[place].cost(field);
    if cost(second) < cost(first) { second } else { first }
}
