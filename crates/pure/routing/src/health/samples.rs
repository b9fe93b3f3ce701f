//! The last hundred answers: how long each took, and whether it was one. For people to look at; nothing is decided by it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

/// How many are kept.
pub const SAMPLES_MAX: usize = 100;
/// The lowest bit says that it failed, the next that there is one; above them the time in microseconds / 4.
const FAILED: u32 = 0b01;
const PRESENT: u32 = 0b10;
const MICROS_PER_UNIT: u128 = 4;

/// One answer, or one that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Until the answer began, or failed.
    pub took: Duration,
    /// Whether there was an answer.
    pub is_good: bool,
}

/// A ring; its memory is taken with the first sample.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    ring: OnceLock<Box<[AtomicU32; SAMPLES_MAX]>>,
    noted: AtomicUsize,
}

impl Samples {
    pub(crate) fn note(&self, sample: Sample) {
        let ring = self.ring.get_or_init(|| Box::new([const { AtomicU32::new(0) }; SAMPLES_MAX]));
        let place = self.noted.fetch_add(1, Ordering::Relaxed) % SAMPLES_MAX;
        let units = (sample.took.as_micros() / MICROS_PER_UNIT).min(u128::from(u32::MAX >> 2)) as u32;
        let word = units << 2 | PRESENT | if sample.is_good { 0 } else { FAILED };
        ring[place].store(word, Ordering::Relaxed);
    }

    /// The oldest first.
    pub(crate) fn all(&self) -> Vec<Sample> {
        let Some(ring) = self.ring.get() else { return Vec::new() };
        let next = self.noted.load(Ordering::Relaxed) % SAMPLES_MAX;
        let words = ring[next..].iter().chain(&ring[..next]).map(|word| word.load(Ordering::Relaxed));
        words
            .filter(|word| word & PRESENT != 0)
            .map(|word| Sample {
                took: Duration::from_micros(u64::from(word >> 2) * MICROS_PER_UNIT as u64),
                is_good: word & FAILED == 0,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SAMPLES_MAX, Sample, Samples};

    #[test]
    fn the_last_hundred_are_kept_in_order() {
        let samples = Samples::default();
        assert!(samples.all().is_empty());
        let sample = |ms| Sample { took: Duration::from_millis(ms), is_good: ms % 3 != 0 };
        (0..250).for_each(|ms| samples.note(sample(ms)));
        let kept = samples.all();
        assert_eq!(kept.len(), SAMPLES_MAX);
        assert_eq!(kept, (150..250).map(sample).collect::<Vec<_>>());
    }
}
