//! Which stretches of which tiers a report is read from: of each wanted window whole days where it has some, whole hours beside
//! them, and quarters of an hour at its edges.

use super::tier::Tier;

/// From a minute on, before a minute.
pub type Minutes = std::ops::Range<i64>;

/// Stretches of a tier, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) tier: Tier,
    pub(super) periods: std::ops::Range<i64>,
}

impl Stretch {
    /// Its first minute.
    pub(super) const fn begin(&self) -> i64 {
        self.tier.begin_of(self.periods.start)
    }
}

/// What windows that follow one another are read from; neighbours of one tier are one. `is_fine`: by the minute. Hours before
/// the minute `hours_from` are not there: quarters stand in for them.
pub(super) fn plan(windows: &[Minutes], is_fine: bool, hours_from: i64) -> Vec<Stretch> {
    let mut stretches = Stretches(Vec::new());
    for window in windows {
        if is_fine {
            stretches.add(Tier::Minute, window.clone());
            continue;
        }
        match whole(Tier::Day, window) {
            Some(days) => {
                stretches.add_hours(window.start..days.start, hours_from);
                stretches.add(Tier::Day, days.clone());
                stretches.add_hours(days.end..window.end, hours_from);
            }
            None => stretches.add_hours(window.clone(), hours_from),
        }
    }
    stretches.0
}

/// The minutes of the stretches of a tier that are wholly within.
fn whole(tier: Tier, within: &Minutes) -> Option<Minutes> {
    let first = tier.begin_of(tier.period_of(within.start + tier.minutes() - 1));
    let behind = tier.begin_of(tier.period_of(within.end));
    (first < behind).then_some(first..behind)
}

struct Stretches(Vec<Stretch>);

impl Stretches {
    fn add(&mut self, tier: Tier, minutes: Minutes) {
        let periods = tier.period_of(minutes.start)..tier.period_of(minutes.end);
        if periods.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.tier == tier && last.periods.end == periods.start => {
                last.periods.end = periods.end;
            }
            _ => self.0.push(Stretch { tier, periods }),
        }
    }

    /// Hours, with quarters at their edges.
    fn add_hours(&mut self, minutes: Minutes, hours_from: i64) {
        match whole(Tier::Hour, &(minutes.start.max(hours_from)..minutes.end)) {
            Some(hours) => {
                self.add(Tier::Quarter, minutes.start..hours.start);
                self.add(Tier::Hour, hours.clone());
                self.add(Tier::Quarter, hours.end..minutes.end);
            }
            None => self.add(Tier::Quarter, minutes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Stretch, Tier, plan};

    const DAY: i64 = 1440;

    #[track_caller]
    fn check(windows: &[(i64, i64)], hours_from: i64, expected: &[(Tier, i64, i64)]) {
        let windows: Vec<_> = windows.iter().map(|(from, to)| *from..*to).collect();
        let expected: Vec<_> =
            expected.iter().map(|(tier, from, to)| Stretch { tier: *tier, periods: *from..*to }).collect();
        assert_eq!(plan(&windows, false, hours_from), expected);
    }

    #[test]
    fn whole_days_and_hours_are_read_as_such_and_edges_as_quarters_of_an_hour() {
        use Tier::{Day, Hour, Quarter};
        check(&[(0, DAY), (DAY, 2 * DAY)], i64::MIN, &[(Day, 0, 2)]);
        // Two days of Kathmandu: midnight there is 18:15 in UTC.
        check(
            &[(-345, DAY - 345), (DAY - 345, 2 * DAY - 345)],
            i64::MIN,
            &[(Quarter, -23, -20), (Hour, -5, 18), (Quarter, 72, 76), (Hour, 19, 42), (Quarter, 168, 169)],
        );
        // Both in one.
        check(
            &[(-345, 2 * DAY - 345)],
            i64::MIN,
            &[(Quarter, -23, -20), (Hour, -5, 0), (Day, 0, 1), (Hour, 24, 42), (Quarter, 168, 169)],
        );
        // Two days of Shanghai.
        check(&[(-480, DAY - 480), (DAY - 480, 2 * DAY - 480)], i64::MIN, &[(Hour, -8, 40)]);
        check(&[(60, 120)], i64::MIN, &[(Hour, 1, 2)]);
        check(&[(75, 165)], i64::MIN, &[(Quarter, 5, 11)]);
        check(&[(75, 195)], i64::MIN, &[(Quarter, 5, 8), (Hour, 2, 3), (Quarter, 12, 13)]);
        assert_eq!(plan(&[5..7, 7..9], true, 0), [Stretch { tier: Tier::Minute, periods: 5..9 }]);
    }

    #[test]
    fn quarters_stand_in_for_hours_that_were_never_made() {
        use Tier::{Hour, Quarter};
        check(&[(0, 60), (60, 180)], 120, &[(Quarter, 0, 8), (Hour, 2, 3)]);
        check(&[(60, 120)], 600, &[(Quarter, 4, 8)]);
    }
}
