//! Counters that only grow, remembered for a while: what they grew by over a window is what was counted in it.

use std::collections::{BTreeMap, VecDeque};

use domain::Timestamp;

use crate::facts::Counts;

/// Points that are remembered of one counter; nearer ones are left out.
const POINTS_MAX: i64 = 60;

/// What counters stood at, by whose they are.
#[derive(Clone, Debug, Default)]
pub struct Windows(BTreeMap<String, VecDeque<(Timestamp, Counts)>>);

/// What was counted in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) counts: Counts,
    /// Whether it was looked at for as long as the window is.
    pub(crate) is_whole: bool,
}

impl Windows {
    /// Remembers what all counters stand at now. Those that are not named are forgotten.
    pub fn note<'a>(
        &mut self,
        now: Timestamp,
        window_ms: i64,
        counters: impl Iterator<Item = (&'a str, Counts)>,
    ) {
        let mut before = std::mem::take(&mut self.0);
        for (name, counts) in counters {
            let mut points = before.remove(name).unwrap_or_default();
            // What was seen later than now was seen before the clock was set back.
            while points.back().is_some_and(|(at, _)| *at > now) {
                points.pop_back();
            }
            // Whoever began anew is another.
            if points.back().is_some_and(|(_, last)| counts.asked < last.asked) {
                points.clear();
            }
            let near = |points: &VecDeque<(Timestamp, Counts)>| {
                let place = points.len().checked_sub(2)?;
                Some(now.unix_ms() - points.get(place)?.0.unix_ms() < window_ms / POINTS_MAX)
            };
            // The newest always stands; of those before it one in so long.
            if near(&points) == Some(true) {
                points.pop_back();
            }
            points.push_back((now, counts));
            while points.get(1).is_some_and(|(at, _)| now.unix_ms() - at.unix_ms() >= window_ms) {
                points.pop_front();
            }
            self.0.insert(name.to_owned(), points);
        }
    }

    /// What was counted of one in the last window.
    pub(crate) fn counted(&self, name: &str, window_ms: i64) -> Option<Counted> {
        let points = self.0.get(name)?;
        let ((begin, first), (end, last)) = (points.front()?, points.back()?);
        Some(Counted { counts: last.less(*first), is_whole: end.unix_ms() - begin.unix_ms() >= window_ms })
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{Counts, Windows};

    const WINDOW: i64 = 60_000;

    fn counts(asked: u64) -> Counts {
        Counts { asked, failed: asked / 2, moved_on: 0 }
    }

    #[test]
    fn what_a_counter_grew_by_over_the_window_is_told() {
        let mut windows = Windows::default();
        for second in 0..=120 {
            windows.note(Timestamp(second * 1000), WINDOW, [("a", counts(second as u64 * 10))].into_iter());
            let counted = windows.counted("a", WINDOW).unwrap();
            assert_eq!(counted.is_whole, second >= 60, "{second}");
        }
        let counted = windows.counted("a", WINDOW).unwrap().counts;
        assert!((600..=620).contains(&counted.asked), "{counted:?}");
        assert_eq!(windows.counted("b", WINDOW), None);
    }

    #[test]
    fn memory_is_bounded_however_often_somebody_looks() {
        let mut windows = Windows::default();
        for tick in 0..10_000 {
            windows.note(Timestamp(tick * 10), WINDOW, [("a", counts(tick as u64))].into_iter());
        }
        assert!(windows.0["a"].len() < 70, "{}", windows.0["a"].len());
    }

    #[test]
    fn a_clock_that_was_set_back_begins_a_window_anew() {
        let mut windows = Windows::default();
        for second in 100_000..100_100 {
            windows.note(Timestamp(second * 1000), WINDOW, [("a", counts(second as u64))].into_iter());
        }
        for second in 0..=200 {
            windows.note(
                Timestamp(second * 1000),
                WINDOW,
                [("a", counts(200_000 + second as u64))].into_iter(),
            );
            let counted = windows.counted("a", WINDOW).unwrap();
            assert_eq!(counted.is_whole, second >= 60, "{second}");
            assert!(counted.counts.asked <= 62, "{second}: {counted:?}");
        }
    }

    #[test]
    fn a_counter_that_begins_anew_counts_from_there_and_one_that_is_gone_is_forgotten() {
        let mut windows = Windows::default();
        windows.note(Timestamp(0), WINDOW, [("a", counts(100))].into_iter());
        windows.note(Timestamp(70_000), WINDOW, [("a", counts(3))].into_iter());
        let counted = windows.counted("a", WINDOW).unwrap();
        assert_eq!((counted.counts.asked, counted.is_whole), (0, false));
        windows.note(Timestamp(80_000), WINDOW, std::iter::empty());
        assert_eq!(windows.counted("a", WINDOW), None);
    }
}
