//! By fixed parts, exactly: of as many rounds as all weights together, each gets as many as its weight, spread evenly. There
//! is nothing to keep but the number of the round, so a weight that changes for a while takes effect at once.

use super::field::Field;
use crate::rng::Rng;

/// A share is counted in so many parts.
const PARTS: f32 = 60.0;
/// The golden ratio's lesser part: steps of it fall evenly.
const STRIDE: f64 = 0.618_033_988_749_894_9;

pub(super) fn choose(field: &Field<'_, '_>, _rng: &mut Rng) -> usize {
    // A cycle is as short as can be: 60, 20, 20 are 3, 1, 1.
    let (mut divisor, mut total, mut last) = (0, 0, 0);
    for part in parts(field) {
        total += part;
        if part != last {
            divisor = common_divisor(divisor, part);
            last = part;
        }
    }
    let divisor = divisor.max(1);
    let total = (total / divisor).max(1);
    let mut left = place_of(field.round % total, total) * divisor;
    let found = parts(field).position(|part| {
        let is_his = left < part;
        left = left.saturating_sub(part);
        is_his
    });
    found.unwrap_or(0)
}

/// What each candidate gets of all there is.
fn parts(field: &Field<'_, '_>) -> impl Iterator<Item = u64> {
    field.candidates.iter().map(|candidate| {
        let share = (candidate.share * PARTS).round() as u64;
        u64::from(candidate.target.weight) * share.max(1)
    })
}

/// A turn's place in the row of all parts: each turn of a cycle has another one, and neighbours lie far apart.
fn place_of(turn: u64, total: u64) -> u64 {
    let mut stride = ((total as f64 * STRIDE).round() as u64).max(1);
    while common_divisor(stride, total) != 1 {
        stride += 1;
    }
    (u128::from(turn) * u128::from(stride) % u128::from(total)) as u64
}

fn common_divisor(left: u64, right: u64) -> u64 {
    if right == 0 { left } else { common_divisor(right, left % right) }
}
