//! Of many targets a few are looked at where they do as well as all.

use std::ops::Range;

use crate::rng::Rng;

/// Of so many who are well some are drawn by lot as well as of all.
pub(crate) const SAMPLE_MAX: usize = 32;

/// Each place once, from one drawn by lot on, in strides: wherever it is cut, the first few lie evenly among all. Neighbours are
/// alike, as the lines of one region are.
pub(crate) fn spread_out(places: Range<usize>, rng: &mut Rng) -> impl Iterator<Item = usize> {
    let count = places.len();
    let stride = stride(count);
    let mut at = rng.below(count);
    (0..count).map(move |_| {
        let place = places.start + at;
        at += stride;
        if at >= count {
            at -= count;
        }
        place
    })
}

/// Near the golden part of `count`, and without a divisor in common with it: so all are met before one is met again.
fn stride(count: usize) -> usize {
    let golden = count * 618 / 1000;
    (golden..count).find(|stride| gcd(*stride, count) == 1).unwrap_or(1)
}

fn gcd(left: usize, right: usize) -> usize {
    if right == 0 { left } else { gcd(right, left % right) }
}

#[cfg(test)]
mod tests {
    use super::spread_out;
    use crate::rng::Rng;

    #[test]
    fn each_place_is_met_once_and_the_first_few_are_spread() {
        let mut rng = Rng::new(7);
        for count in 1..400 {
            let met: Vec<usize> = spread_out(5..5 + count, &mut rng).collect();
            let mut sorted = met.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(5..5 + count), "{count}");
            if count >= 60 {
                let of_first_third = met[..30].iter().filter(|place| **place < 5 + count / 3).count();
                assert!((7..=13).contains(&of_first_third), "{of_first_third} of {count}");
            }
        }
    }
}
