//! Successes and failures of the last ten seconds, second by second. Exact: what is older does not count, and a burst
//! counts like the same failures spread out.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::moment::Moment;

const SECONDS: usize = 10;
const MICROS_PER_SECOND: u64 = 1_000_000;
const COUNT_BITS: u32 = 16;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;

/// One word a second: the second above, successes and failures below, 16 bits each.
#[derive(Debug, Default)]
pub(crate) struct Window([AtomicU64; SECONDS]);

/// What a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
}

impl Window {
    pub(crate) fn succeeded(&self, now: Moment) {
        self.add(now, 0);
    }

    pub(crate) fn failed(&self, now: Moment) {
        self.add(now, COUNT_BITS);
    }

    pub(crate) fn counts(&self, now: Moment) -> Counts {
        let second = second_of(now);
        let mut counts = Counts::default();
        for word in &self.0 {
            let word = word.load(Ordering::Relaxed);
            if second.saturating_sub(word >> (2 * COUNT_BITS)) < SECONDS as u64 {
                counts.succeeded += word & COUNT_MAX;
                counts.failed += word >> COUNT_BITS & COUNT_MAX;
            }
        }
        counts
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        self.0.iter().for_each(|word| word.store(0, Ordering::Relaxed));
    }

    fn add(&self, now: Moment, shift: u32) {
        let second = second_of(now);
        let add = |word: u64| {
            let kept = word >> (2 * COUNT_BITS);
            if kept > second {
                return None;
            }
            let word = if kept == second { word } else { second << (2 * COUNT_BITS) };
            // Above that, a second has said all it has to say.
            (word >> shift & COUNT_MAX < COUNT_MAX).then(|| word + (1 << shift))
        };
        let slot = &self.0[(second % SECONDS as u64) as usize];
        let _ = slot.try_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

fn second_of(now: Moment) -> u64 {
    // Never 0, so that a word nobody has written is older than any second.
    now.micros() / MICROS_PER_SECOND + SECONDS as u64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counts, Window};
    use crate::moment::Moment;

    fn at(seconds: f64) -> Moment {
        Moment::after_start(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn what_is_older_does_not_count() {
        let window = Window::default();
        window.failed(at(0.5));
        for _ in 0..3 {
            window.succeeded(at(4.0));
        }
        assert_eq!(window.counts(at(4.0)), Counts { succeeded: 3, failed: 1 });
        assert_eq!(window.counts(at(9.9)), Counts { succeeded: 3, failed: 1 });
        assert_eq!(window.counts(at(10.0)), Counts { succeeded: 3, failed: 0 });
        window.failed(at(14.0));
        assert_eq!(window.counts(at(14.0)), Counts { succeeded: 0, failed: 1 });
    }

    #[test]
    fn a_second_full_of_answers_does_not_run_over() {
        let window = Window::default();
        for _ in 0..70_000 {
            window.succeeded(at(1.0));
        }
        window.failed(at(1.0));
        assert_eq!(window.counts(at(1.0)), Counts { succeeded: 65_535, failed: 1 });
    }
}
