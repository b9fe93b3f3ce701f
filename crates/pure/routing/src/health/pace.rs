//! How fast somebody answers: an average that jumps up at once and comes down slowly (peak EWMA, as Finagle has it). What
//! is slow now is avoided now; what has not been asked for long is forgiven.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::moment::Moment;

/// The memory's length: an old value counts for a third after two thirds of it, and for nearly nothing after twice of it.
const MEMORY: Duration = Duration::from_secs(10);
const MICROS_PER_MS: u64 = 1000;

/// The average, and when it was last changed: microseconds as `f32` above, milliseconds of the clock below.
#[derive(Debug, Default)]
pub(crate) struct Pace(AtomicU64);

impl Pace {
    /// Takes one measurement in.
    pub(crate) fn note(&self, took: Duration, now: Moment) {
        let took = took.as_secs_f32() * 1e6;
        let changed = |word: u64| {
            let before = value(word, now);
            let kept = if took > before || word == 0 { 0.0 } else { remembered(word, now) };
            // Never 0: that means that nothing is known.
            Some(pack((took + (stored(word) - took) * kept).max(1.0), now))
        };
        let _ = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, changed);
    }

    /// Takes in that it took so long at least: what is less than is known already says nothing.
    pub(crate) fn note_at_least(&self, took: Duration, now: Moment) {
        if took.as_secs_f32() * 1e6 > self.micros(now).unwrap_or_default() {
            self.note(took, now);
        }
    }

    /// Forgets what was, and begins with one measurement.
    pub(crate) fn restart(&self, took: Duration, now: Moment) {
        self.0.store(pack((took.as_secs_f32() * 1e6).max(1.0), now), Ordering::Relaxed);
    }

    /// Microseconds, forgiven with time; `None` where nothing was ever measured.
    pub(crate) fn micros(&self, now: Moment) -> Option<f32> {
        let word = self.0.load(Ordering::Relaxed);
        (word != 0).then(|| value(word, now))
    }
}

fn pack(micros: f32, now: Moment) -> u64 {
    u64::from(micros.to_bits()) << 32 | u64::from(stamp(now))
}

fn stamp(now: Moment) -> u32 {
    (now.micros() / MICROS_PER_MS) as u32
}

fn stored(word: u64) -> f32 {
    f32::from_bits((word >> 32) as u32)
}

fn value(word: u64, now: Moment) -> f32 {
    stored(word) * remembered(word, now)
}

/// What part of the old value still counts.
fn remembered(word: u64, now: Moment) -> f32 {
    let age_ms = stamp(now).wrapping_sub(word as u32);
    // Another worker may have written a moment that is later than ours.
    if age_ms > u32::MAX / 2 {
        return 1.0;
    }
    let age = age_ms as f32 / MEMORY.as_millis() as f32;
    // The square: who took a thousand times as long as the others is asked again after twenty seconds, not after seventy.
    (-age - age * age).exp()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pace;
    use crate::moment::Moment;

    fn at(seconds: f64) -> Moment {
        Moment::after_start(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn it_jumps_up_and_comes_down_slowly() {
        let pace = Pace::default();
        assert_eq!(pace.micros(at(0.0)), None);
        pace.note(Duration::from_millis(10), at(1.0));
        assert_eq!(pace.micros(at(1.0)), Some(10_000.0));
        pace.note(Duration::from_millis(500), at(1.0));
        assert_eq!(pace.micros(at(1.0)), Some(500_000.0));
        pace.note(Duration::from_millis(10), at(1.1));
        let after = pace.micros(at(1.1)).unwrap();
        assert!((490_000.0..499_000.0).contains(&after), "{after}");
        let forgiven = pace.micros(at(21.1)).unwrap();
        assert!((1000.0..2000.0).contains(&forgiven), "{forgiven}");
        pace.note(Duration::from_millis(10), at(21.1));
        let after = pace.micros(at(21.1)).unwrap();
        assert!(
            (10_000.0..12_000.0).contains(&after),
            "one good answer after a long time is enough: {after}"
        );
        pace.note(Duration::from_secs(9), at(30.0));
        pace.restart(Duration::from_millis(10), at(30.1));
        assert_eq!(pace.micros(at(30.1)), Some(10_000.0));
    }

    #[test]
    fn who_was_not_waited_for_is_so_slow_at_least() {
        let pace = Pace::default();
        pace.note(Duration::from_millis(100), at(1.0));
        pace.note_at_least(Duration::from_millis(40), at(1.0));
        assert_eq!(pace.micros(at(1.0)), Some(100_000.0));
        pace.note_at_least(Duration::from_millis(300), at(1.0));
        assert_eq!(pace.micros(at(1.0)), Some(300_000.0));
    }

    #[test]
    fn a_worker_whose_clock_is_a_little_behind_changes_nothing() {
        let pace = Pace::default();
        pace.note(Duration::from_millis(100), at(2.0));
        assert_eq!(pace.micros(at(1.9)), Some(100_000.0));
    }
}
