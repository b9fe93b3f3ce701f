//! What was spent, remembered for two windows so that one can be held against the other, also over a restart.

use std::collections::VecDeque;

use domain::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// Parts of a window that are remembered apart.
const PARTS: i64 = 60;

/// Spending by time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendSeries {
    /// Looked at since.
    since_ms: Option<i64>,
    /// Until when, and how much in nano-units up to then from the one before.
    parts: VecDeque<(i64, i64)>,
}

/// Two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) now: Money,
    pub(crate) before: Money,
}

impl SpendSeries {
    /// Adds what was spent since the last time.
    pub fn add(&mut self, now: Timestamp, spent: Money, window_ms: i64) {
        let last = self.parts.back().map_or(i64::MIN, |(end, _)| *end);
        if last.saturating_sub(now.unix_ms()) > window_ms / PARTS {
            // The clock was set back: what was spent when is not known any more.
            *self = Self::default();
        }
        let now = if self.parts.is_empty() { now.unix_ms() } else { now.unix_ms().max(last) };
        self.since_ms.get_or_insert(now);
        let is_near = |parts: &VecDeque<(i64, i64)>| {
            let before = parts.len().checked_sub(2).and_then(|place| parts.get(place));
            before.is_some_and(|(end, _)| now - end < window_ms / PARTS)
        };
        match self.parts.back_mut().map(|(_, nano)| *nano) {
            Some(nano) if is_near(&self.parts) => {
                self.parts.pop_back();
                self.parts.push_back((now, nano.saturating_add(spent.nano())));
            }
            _ => self.parts.push_back((now, spent.nano())),
        }
        while self.parts.front().is_some_and(|(end, _)| now - end > 2 * window_ms) {
            self.parts.pop_front();
        }
    }

    /// The last window and the one before it; `None` while that is not known whole.
    pub(crate) fn compared(&self, now: Timestamp, window_ms: i64) -> Option<Compared> {
        let now = now.unix_ms();
        self.since_ms.filter(|since| now - since >= 2 * window_ms)?;
        let sum = |from: i64, to: i64| {
            let within = self.parts.iter().filter(|(end, _)| *end > from && *end <= to);
            Money::from_nano(within.fold(0_i64, |sum, (_, nano)| sum.saturating_add(*nano)))
        };
        Some(Compared { now: sum(now - window_ms, now), before: sum(now - 2 * window_ms, now - window_ms) })
    }
}

#[cfg(test)]
mod tests {
    use domain::{Money, NANO, Timestamp};

    use super::SpendSeries;

    const WINDOW: i64 = 600_000;

    #[test]
    fn after_a_clock_was_set_back_nothing_is_compared_until_two_windows_are_known() {
        let mut series = SpendSeries::default();
        for second in 100_000..102_000 {
            series.add(Timestamp(second * 1000), Money::from_nano(NANO), WINDOW);
        }
        for second in 0..=2400 {
            let now = Timestamp(second * 1000);
            series.add(now, Money::from_nano(NANO), WINDOW);
            let compared = series.compared(now, WINDOW);
            assert_eq!(compared.is_some(), second >= 1200, "{second}");
            let sums = compared.map(|found| (found.now.nano() / NANO, found.before.nano() / NANO));
            assert!(sums.is_none_or(|(now, before)| now <= 640 && before >= 560), "{second}: {sums:?}");
        }
    }

    #[test]
    fn a_window_is_held_against_the_one_before() {
        let mut series = SpendSeries::default();
        for second in 0..=1200 {
            let (now, units) = (Timestamp(second * 1000), if second > 600 { 3 } else { 1 });
            series.add(now, Money::from_nano(units * NANO), WINDOW);
            assert_eq!(series.compared(now, WINDOW).is_some(), second == 1200, "{second}");
        }
        let compared = series.compared(Timestamp(1_200_000), WINDOW).unwrap();
        let near = |money: Money, units: i64| (money.nano() - units * NANO).abs() <= 40 * NANO;
        assert!(near(compared.now, 1800) && near(compared.before, 600), "{compared:?}");
        assert!(series.parts.len() <= 140, "{}", series.parts.len());
        let kept = serde_json::to_string(&series).unwrap();
        assert_eq!(serde_json::from_str::<SpendSeries>(&kept).unwrap(), series);
    }
}
