//! The last hundred answers: when each came, how long it took, and whether it was one. For people to look at; nothing is
//! decided by it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::moment::Moment;

/// How many are kept.
pub const SAMPLES_MAX: usize = 100;
/// The lowest bit says that it failed, the next that there is one; above them how long it took, above that when it was.
const FAILED: u64 = 0b01;
const PRESENT: u64 = 0b10;
/// More than half an hour in steps of 8 microseconds; more than five years in steps of ten milliseconds.
const TOOK_BITS: u32 = 28;
const TOOK_MAX: u64 = (1 << TOOK_BITS) - 1;
const TOOK_STEP_MICROS: u64 = 8;
const AT_STEP_MICROS: u64 = 10_000;

/// One answer, or one that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Until the answer began, or failed.
    pub took: Duration,
    /// Whether there was an answer.
    pub is_good: bool,
    /// When it began or failed, to ten milliseconds.
    pub at: Moment,
}

impl Sample {
    fn packed(self) -> u64 {
        let took = (self.took.as_micros() as u64 / TOOK_STEP_MICROS).min(TOOK_MAX);
        let at = self.at.micros() / AT_STEP_MICROS;
        at << (TOOK_BITS + 2) | took << 2 | PRESENT | if self.is_good { 0 } else { FAILED }
    }

    const fn unpacked(word: u64) -> Self {
        Self {
            took: Duration::from_micros((word >> 2 & TOOK_MAX) * TOOK_STEP_MICROS),
            is_good: word & FAILED == 0,
            at: Moment::from_micros((word >> (TOOK_BITS + 2)) * AT_STEP_MICROS),
        }
    }
}

/// A ring; its memory is taken with the first sample.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    ring: OnceLock<Box<[AtomicU64; SAMPLES_MAX]>>,
    noted: AtomicUsize,
}

impl Samples {
    /// Keeps one; its number is what [`Samples::spoil`] knows it by.
    pub(crate) fn note(&self, sample: Sample) -> usize {
        let ring = self.ring.get_or_init(|| Box::new([const { AtomicU64::new(0) }; SAMPLES_MAX]));
        let number = self.noted.fetch_add(1, Ordering::Relaxed);
        ring[number % SAMPLES_MAX].store(sample.packed(), Ordering::Relaxed);
        number
    }

    /// What had begun well came to nothing after all. Forgotten if so many have come since that it is no longer kept.
    pub(crate) fn spoil(&self, number: usize) {
        let since = self.noted.load(Ordering::Relaxed).wrapping_sub(number);
        if let Some(ring) = self.ring.get().filter(|_| since <= SAMPLES_MAX) {
            ring[number % SAMPLES_MAX].fetch_or(FAILED, Ordering::Relaxed);
        }
    }

    /// The oldest first.
    pub(crate) fn all(&self) -> Vec<Sample> {
        let Some(ring) = self.ring.get() else { return Vec::new() };
        let next = self.noted.load(Ordering::Relaxed) % SAMPLES_MAX;
        let words = ring[next..].iter().chain(&ring[..next]).map(|word| word.load(Ordering::Relaxed));
        words.filter(|word| word & PRESENT != 0).map(Sample::unpacked).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SAMPLES_MAX, Sample, Samples};
    use crate::moment::Moment;

    #[test]
    fn the_last_hundred_are_kept_in_order() {
        let samples = Samples::default();
        assert!(samples.all().is_empty());
        (0..250).for_each(|ms| {
            samples.note(sample(ms));
        });
        let kept = samples.all();
        assert_eq!(kept.len(), SAMPLES_MAX);
        assert_eq!(kept, (150..250).map(sample).collect::<Vec<_>>());
    }

    #[test]
    fn what_came_to_nothing_after_all_is_marked_while_it_is_kept() {
        let samples = Samples::default();
        let (first, second) = (samples.note(sample(1)), samples.note(sample(2)));
        samples.spoil(second);
        assert_eq!(samples.all(), [sample(1), Sample { is_good: false, ..sample(2) }]);
        (0..99).for_each(|_| {
            samples.note(sample(4));
        });
        samples.spoil(first);
        assert!(samples.all()[1..].iter().all(|sample| sample.is_good), "its place is another's");
    }

    #[test]
    fn the_longest_times_fit() {
        let year = Duration::from_secs(365 * 86_400);
        let sample = Sample { took: year, is_good: true, at: Moment::after_start(5 * year) };
        let kept = Sample::unpacked(sample.packed());
        assert!(kept.took > Duration::from_secs(1800) && kept.is_good);
        assert_eq!(kept.at, sample.at);
    }

    fn sample(ms: u64) -> Sample {
        let at = Moment::after_start(Duration::from_millis(ms * 10));
        Sample { took: Duration::from_millis(ms), is_good: !ms.is_multiple_of(3), at }
    }
}
