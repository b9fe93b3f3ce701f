//! Which day or month of a time zone a moment is in. Days have 23 or 25 hours where clocks are changed. A budget in all has one
//! window, which every moment is in.

use domain::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;

use super::zone::{MS_MAX, Zone};

/// How often a budget begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// At midnight.
    Day,
    /// At midnight before the first of a month.
    Month,
    /// Never: it is for all that is ever spent.
    Total,
}

/// From one beginning to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first moment.
    pub start: Timestamp,
    /// The first moment behind it.
    pub end: Timestamp,
}

impl Window {
    /// The one that every moment is in.
    pub const ENDLESS: Self = Self { start: Timestamp(0), end: Timestamp(MS_MAX) };

    /// Whether nothing begins anew behind it.
    pub fn is_endless(&self) -> bool {
        *self == Self::ENDLESS
    }
}

impl Period {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// As it stands behind what is spent: "40 USD spent this day".
    pub const fn so_far(self) -> &'static str {
        match self {
            Self::Day => "this day",
            Self::Month => "this month",
            Self::Total => "in all",
        }
    }

    /// As it stands behind an amount: "50 USD each day".
    pub const fn each(self) -> &'static str {
        match self {
            Self::Day => "each day",
            Self::Month => "each month",
            Self::Total => "in all",
        }
    }

    /// Reads what it is written as.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Day, Self::Month, Self::Total].into_iter().find(|period| period.name() == name)
    }

    /// The window that a moment is in. One ends where the next begins, without a gap.
    pub fn window(self, zone: &Zone, at: Timestamp) -> Window {
        if self == Self::Total {
            return Window::ENDLESS;
        }
        let first = self.first_of(zone.date_at(at));
        let around = |first: Date| Some((zone.beginning(first)?, zone.beginning(self.after(first)?)?));
        // Clocks that are put back over midnight show the day before twice: it goes by the first midnight.
        let window = around(first)
            .and_then(|(start, end)| if at >= end { around(self.after(first)?) } else { Some((start, end)) });
        let (start, end) = window.expect("every day before the year 9000 has one behind it");
        Window { start, end }
    }

    fn first_of(self, date: Date) -> Date {
        match self {
            Self::Day | Self::Total => date,
            Self::Month => date.first_of_month(),
        }
    }

    fn after(self, first: Date) -> Option<Date> {
        match self {
            Self::Day | Self::Total => first.tomorrow().ok(),
            Self::Month => first.checked_add(1.month()).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{Period, Window};
    use crate::budget::Zone;

    const HOUR_MS: i64 = 3_600_000;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[track_caller]
    fn check(period: Period, zone: &str, now: &str, (start, end): (&str, &str)) -> i64 {
        let window = period.window(&Zone::parse(zone).unwrap(), at(now));
        assert_eq!(window, Window { start: at(start), end: at(end) }, "{zone} {now}");
        (window.end.unix_ms() - window.start.unix_ms()) / HOUR_MS
    }

    #[test]
    fn a_day_is_one_of_its_time_zone() {
        use Period::Day;
        let noon = "2026-11-27T12:00:00Z";
        check(Day, "UTC", noon, ("2026-11-27", "2026-11-28"));
        check(Day, "Asia/Shanghai", noon, ("2026-11-26T16:00:00Z", "2026-11-27T16:00:00Z"));
        check(Day, "America/Los_Angeles", noon, ("2026-11-27T08:00:00Z", "2026-11-28T08:00:00Z"));
        check(Day, "Asia/Kathmandu", noon, ("2026-11-26T18:15:00Z", "2026-11-27T18:15:00Z"));
    }

    #[test]
    fn the_first_moment_belongs_to_the_new_day_and_the_last_to_the_old() {
        use Period::Day;
        check(Day, "UTC", "2026-11-27T23:59:59.999Z", ("2026-11-27", "2026-11-28"));
        check(Day, "UTC", "2026-11-28T00:00:00Z", ("2026-11-28", "2026-11-29"));
    }

    #[test]
    fn days_on_which_clocks_change_are_shorter_or_longer() {
        use Period::Day;
        let spring = ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(check(Day, "Europe/Berlin", "2026-03-29T12:00:00Z", spring), 23);
        let autumn = ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        assert_eq!(check(Day, "Europe/Berlin", "2026-10-25T12:00:00Z", autumn), 25);
        assert_eq!(check(Day, "Europe/Berlin", "2026-10-25T22:59:59Z", autumn), 25);
    }

    #[test]
    fn where_there_is_no_midnight_the_day_begins_behind_it() {
        // Clocks in Cairo are put forward at midnight of the last Friday of April.
        let short = ("2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z");
        assert_eq!(check(Period::Day, "Africa/Cairo", "2026-04-24T12:00:00Z", short), 23);
        // Samoa had no 30 December in 2011.
        let before = ("2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z");
        check(Period::Day, "Pacific/Apia", "2011-12-30T09:59:59Z", before);
        let behind = ("2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z");
        check(Period::Day, "Pacific/Apia", "2011-12-30T10:00:00Z", behind);
    }

    #[test]
    fn of_two_midnights_the_first_divides() {
        // Clocks in Newfoundland went back from 00:01 to 23:01 of the day before.
        let first = "2010-11-07T02:30:00Z";
        check(Period::Day, "America/St_Johns", "2010-11-07T02:29:59Z", ("2010-11-06T02:30:00Z", first));
        check(Period::Day, "America/St_Johns", "2010-11-07T02:45:00Z", (first, "2010-11-08T03:30:00Z"));
    }

    #[test]
    fn months_are_as_long_as_they_are() {
        use Period::Month;
        assert_eq!(check(Month, "UTC", "2028-02-29T12:00:00Z", ("2028-02-01", "2028-03-01")), 29 * 24);
        assert_eq!(check(Month, "UTC", "2026-12-31T23:59:59Z", ("2026-12-01", "2027-01-01")), 31 * 24);
        let march = ("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z");
        assert_eq!(check(Month, "Europe/Berlin", "2026-03-15T12:00:00Z", march), 31 * 24 - 1);
        // It is November already in Auckland.
        let november = ("2026-10-31T11:00:00Z", "2026-11-30T11:00:00Z");
        check(Month, "Pacific/Auckland", "2026-10-31T11:00:00Z", november);
    }

    #[test]
    fn a_budget_in_all_has_one_window() {
        for ms in [i64::MIN, 0, 1_795_219_200_000, i64::MAX] {
            let window = Period::Total.window(&Zone::parse("Asia/Tokyo").unwrap(), Timestamp(ms));
            assert!(window.is_endless(), "{ms}");
        }
        assert!(!Period::Month.window(&Zone::utc(), Timestamp(0)).is_endless());
    }

    #[test]
    fn odd_clocks_break_nothing() {
        for ms in [i64::MIN, -1, 0, i64::MAX] {
            for period in [Period::Day, Period::Month, Period::Total] {
                let window = period.window(&Zone::parse("Asia/Tokyo").unwrap(), Timestamp(ms));
                assert!(window.start < window.end, "{ms}");
            }
        }
    }

    #[test]
    fn periods_are_read_as_they_are_written() {
        assert_eq!(Period::parse("day"), Some(Period::Day));
        assert_eq!(Period::parse("month"), Some(Period::Month));
        assert_eq!(Period::parse("total"), Some(Period::Total));
        assert_eq!(Period::parse("week"), None);
    }
}
