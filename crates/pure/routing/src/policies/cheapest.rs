//! Who costs least; of those who cost the same, the one who would answer sooner. Whose price nobody knows comes last.

use super::field::Field;
use crate::rng::Rng;

pub(super) fn choose(field: &Field<'_, '_>, rng: &mut Rng) -> usize {
    let first = rng.below(field.candidates.len());
    let rank = |place: usize| {
        let candidate = &field.candidates[place];
        (candidate.target.price.unwrap_or(u64::MAX), candidate.cost(field))
    };
    let places = (0..field.candidates.len()).map(|step| (first + step) % field.candidates.len());
    let ranks = places.map(|place| (place, rank(place)));
    let cheaper = |(_, left): &(usize, (u64, f32)), (_, right): &(usize, (u64, f32))| {
        left.0.cmp(&right.0).then(left.1.total_cmp(&right.1))
    };
    ranks.min_by(cheaper).map_or(0, |(place, _)| place)
}
