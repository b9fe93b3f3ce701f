//! When a connection is opened ahead of the request that will need it: often enough to be there, never so often that a
//! provider who closes idle connections is bothered.

use std::time::Duration;

use tokio::time::Instant;

/// How soon a connection follows one that has ended.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// How late at most, after several that ended early or did not come about.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// One that was closed before was closed early.
const EARLY: Duration = Duration::from_secs(30);

/// What one worker knows of the unused connections of a line.
#[derive(Debug)]
pub(crate) struct Warmth {
    opening: usize,
    pause: Duration,
    not_before: Option<Instant>,
}

impl Default for Warmth {
    fn default() -> Self {
        Self { opening: 0, pause: PAUSE_MIN, not_before: None }
    }
}

impl Warmth {
    /// How many are to be opened now.
    pub(crate) fn lacks(&self, wanted: usize, idle: usize, now: Instant) -> usize {
        let may_open = self.not_before.is_none_or(|not_before| now >= not_before);
        if may_open { wanted.saturating_sub(idle + self.opening) } else { 0 }
    }

    /// One is being opened.
    pub(crate) const fn begins(&mut self) {
        self.opening += 1;
    }

    /// It is there, or will not be.
    pub(crate) fn ends(&mut self, is_open: bool, now: Instant, chance: f32) {
        self.opening = self.opening.saturating_sub(1);
        if !is_open {
            self.grow(now, chance);
        }
    }

    /// A request took one.
    pub(crate) const fn was_useful(&mut self) {
        self.pause = PAUSE_MIN;
        self.not_before = None;
    }

    /// One has ended unused after `age`.
    pub(crate) fn ended(&mut self, age: Duration, now: Instant, chance: f32) {
        if age < EARLY {
            self.grow(now, chance);
        } else {
            self.pause = PAUSE_MIN;
            self.not_before = Some(now + PAUSE_MIN.mul_f32(chance));
        }
    }

    /// The next pause is somewhere in the second half of what is allowed.
    fn grow(&mut self, now: Instant, chance: f32) {
        self.not_before = Some(now + self.pause.mul_f32(0.5 + chance / 2.0));
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{EARLY, PAUSE_MAX, Warmth};

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn what_is_missing_is_opened_once() {
        let (mut warmth, now) = (Warmth::default(), Instant::now());
        assert_eq!(warmth.lacks(2, 0, now), 2);
        warmth.begins();
        assert_eq!(warmth.lacks(2, 0, now), 1);
        assert_eq!(warmth.lacks(2, 1, now), 0);
        warmth.ends(true, now, 1.0);
        assert_eq!(warmth.lacks(2, 1, now), 1);
        assert_eq!(warmth.lacks(0, 0, now), 0);
    }

    #[test]
    fn who_closes_early_or_cannot_be_reached_is_asked_more_and_more_seldom() {
        for is_open in [true, false] {
            let (mut warmth, mut now, mut opened) = (Warmth::default(), Instant::now(), 0);
            let end = now + seconds(3600);
            while now < end {
                if warmth.lacks(1, 0, now) == 1 {
                    opened += 1;
                    warmth.begins();
                    warmth.ends(is_open, now, 1.0);
                    if is_open {
                        warmth.ended(seconds(5), now, 1.0);
                    }
                }
                now += seconds(1);
            }
            assert!((12..25).contains(&opened), "{opened} in an hour");
            assert_eq!(warmth.pause, PAUSE_MAX);
            warmth.was_useful();
            assert_eq!(warmth.lacks(1, 0, now), 1);
        }
    }

    #[test]
    fn one_that_ended_of_age_is_followed_within_a_second() {
        let (mut warmth, now) = (Warmth::default(), Instant::now());
        warmth.ended(EARLY, now, 0.5);
        assert_eq!(warmth.lacks(1, 0, now + Duration::from_millis(499)), 0);
        assert_eq!(warmth.lacks(1, 0, now + Duration::from_millis(500)), 1);
    }
}
