//! How answers' times are spread: a histogram whose steps grow with the time, old answers fading out. It tells what is
//! still usual for one model at one place, so that silence can be told from thinking.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Steps for each doubling: neighbours differ by a fifth at most.
const STEPS_PER_DOUBLING: usize = 4;
/// From a millisecond up to more than an hour.
const DOUBLINGS: usize = 22;
const STEPS: usize = STEPS_PER_DOUBLING * DOUBLINGS;
/// What is usual is reckoned anew after so many answers: every call asks for it.
const RECKONED_EVERY: u32 = 32;
/// What is still usual is the time that this part of the answers did not exceed.
const USUAL_PART: f64 = 0.999;
/// When so many are counted, all counts are halved.
const COUNTED_MAX: u32 = 4096;
/// So many answers must be known before anything is called unusual.
pub(super) const KNOWN_MIN: u32 = 100;

/// Counts of answers by the time they took.
#[derive(Debug)]
pub(crate) struct Spread {
    counts: [AtomicU32; STEPS],
    counted: AtomicU32,
    /// Microseconds, as reckoned last; 0 before.
    usual: AtomicU64,
}

impl Default for Spread {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU32::new(0) }; STEPS],
            counted: AtomicU32::new(0),
            usual: AtomicU64::new(0),
        }
    }
}

impl Spread {
    /// Counts one.
    pub(crate) fn note(&self, took: Duration) {
        self.counts[step(took)].fetch_add(1, Ordering::Relaxed);
        let counted = self.counted.fetch_add(1, Ordering::Relaxed) + 1;
        if counted.is_multiple_of(RECKONED_EVERY) {
            let usual = self.quantile(USUAL_PART).map_or(0, |usual| usual.as_micros() as u64);
            self.usual.store(usual, Ordering::Relaxed);
        }
        if counted >= COUNTED_MAX {
            self.fade();
        }
    }

    /// How many are counted now.
    pub(crate) fn counted(&self) -> u32 {
        self.counted.load(Ordering::Relaxed)
    }

    /// The time that all but one of a thousand answers did not exceed, a few answers ago; `None` where too few are known.
    pub(crate) fn usual(&self) -> Option<Duration> {
        let micros = self.usual.load(Ordering::Relaxed);
        (micros > 0 && self.counted() >= KNOWN_MIN).then(|| Duration::from_micros(micros))
    }

    /// The time that `part` of the answers did not exceed, rounded up to a step; `None` where nothing is counted.
    pub(crate) fn quantile(&self, part: f64) -> Option<Duration> {
        let counts = self.counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        let total: u32 = counts.iter().sum();
        let wanted = (f64::from(total) * part).ceil().max(1.0) as u32;
        let mut seen = 0;
        let found = counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.filter(|_| total > 0).map(upper)
    }

    /// Two workers may do it at once; then it fades more, which harms nothing.
    fn fade(&self) {
        let mut left = 0;
        for count in &self.counts {
            let halved = count.load(Ordering::Relaxed) / 2;
            count.store(halved, Ordering::Relaxed);
            left += halved;
        }
        self.counted.store(left, Ordering::Relaxed);
    }
}

fn step(took: Duration) -> usize {
    let doublings = (took.as_secs_f64() * 1000.0).max(1.0).log2();
    ((doublings * STEPS_PER_DOUBLING as f64).floor() as usize).min(STEPS - 1)
}

fn upper(step: usize) -> Duration {
    Duration::from_secs_f64(((step + 1) as f64 / STEPS_PER_DOUBLING as f64).exp2() / 1000.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{COUNTED_MAX, Spread};

    #[test]
    fn quantiles_are_right_to_a_step() {
        let spread = Spread::default();
        assert_eq!(spread.quantile(0.5), None);
        for ms in 1..=1000 {
            spread.note(Duration::from_millis(ms));
        }
        for (part, ms) in [(0.5, 500.0), (0.95, 950.0), (0.999, 999.0)] {
            let found = spread.quantile(part).unwrap().as_secs_f64() * 1000.0;
            assert!((ms..=ms * 1.2).contains(&found), "{part}: {found}");
        }
    }

    #[test]
    fn old_answers_fade() {
        let spread = Spread::default();
        for _ in 0..1000 {
            spread.note(Duration::from_secs(30));
        }
        for _ in 0..16 * COUNTED_MAX {
            spread.note(Duration::from_millis(10));
        }
        assert!(spread.quantile(0.999).unwrap() < Duration::from_millis(20));
        assert!(spread.counted() < COUNTED_MAX);
    }
}
