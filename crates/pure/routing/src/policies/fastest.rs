//! Who answers fastest by himself. Whom nobody has asked yet is asked, so that it becomes known.

use super::field::Field;
use crate::rng::Rng;

pub(super) fn choose(field: &Field<'_, '_>, rng: &mut Rng) -> usize {
    let first = rng.below(field.candidates.len());
    let pace = |place: usize| {
        let candidate = &field.candidates[place];
        let pace = candidate.health.pace_micros(field.ask.is_streaming, field.now);
        let pace = pace.filter(|_| !candidate.is_on_trial);
        // Asked once, not by everybody at once.
        pace.unwrap_or_else(|| candidate.cost(field))
    };
    let places = (0..field.candidates.len()).map(|step| (first + step) % field.candidates.len());
    let paces = places.map(|place| (place, pace(place)));
    paces.min_by(|left, right| left.1.total_cmp(&right.1)).map_or(0, |(place, _)| place)
}
