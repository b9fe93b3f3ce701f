//! Which stretches of which tiers a report is read from: of each wanted window whole days where it has some, quarters of an hour
//! at its edges.

use super::tier::Tier;

/// From a minute on, before a minute.
pub type Minutes = std::ops::Range<i64>;

/// Stretches of a tier, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) tier: Tier,
    pub(super) periods: std::ops::Range<i64>,
}

/// What windows that follow one another are read from; neighbours of one tier are one. `is_fine`: by the minute.
pub(super) fn plan(windows: &[Minutes], is_fine: bool) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut add = |tier: Tier, minutes: Minutes| {
        let periods = tier.period_of(minutes.start)..tier.period_of(minutes.end);
        if periods.is_empty() {
            return;
        }
        match stretches.last_mut() {
            Some(last) if last.tier == tier && last.periods.end == periods.start => {
                last.periods.end = periods.end;
            }
            _ => stretches.push(Stretch { tier, periods }),
        }
    };
    for window in windows {
        if is_fine {
            add(Tier::Minute, window.clone());
            continue;
        }
        let day = Tier::Day.minutes();
        let (first, last) =
            ((window.start + day - 1).div_euclid(day) * day, window.end.div_euclid(day) * day);
        if first < last {
            add(Tier::Quarter, window.start..first);
            add(Tier::Day, first..last);
            add(Tier::Quarter, last..window.end);
        } else {
            add(Tier::Quarter, window.clone());
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::{Stretch, Tier, plan};

    const DAY: i64 = 1440;

    #[track_caller]
    fn check(windows: &[(i64, i64)], expected: &[(Tier, i64, i64)]) {
        let windows: Vec<_> = windows.iter().map(|(from, to)| *from..*to).collect();
        let expected: Vec<_> =
            expected.iter().map(|(tier, from, to)| Stretch { tier: *tier, periods: *from..*to }).collect();
        assert_eq!(plan(&windows, false), expected);
    }

    #[test]
    fn whole_days_are_read_as_days_and_others_as_quarters_of_an_hour() {
        use Tier::{Day, Quarter};
        check(&[(0, DAY), (DAY, 2 * DAY)], &[(Day, 0, 2)]);
        // Two days of Kathmandu.
        check(&[(-345, DAY - 345), (DAY - 345, 2 * DAY - 345)], &[(Quarter, -23, 169)]);
        // Both in one.
        check(&[(-345, 2 * DAY - 345)], &[(Quarter, -23, 0), (Day, 0, 1), (Quarter, 96, 169)]);
        check(&[(60, 120)], &[(Quarter, 4, 8)]);
        assert_eq!(plan(&[5..7, 7..9], true), [Stretch { tier: Tier::Minute, periods: 5..9 }]);
    }
}
