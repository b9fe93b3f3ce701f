//! A day of a calendar, as people write it, and when it is in a time zone.

use std::fmt;

use domain::Timestamp;
use jiff::civil::Date;

use super::period::{Period, Window};
use super::zone::Zone;

/// Years that a day may be in.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=8999;

/// A day of a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Reads `2026-11-27`; `None` if there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        let is_form = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date: Date = is_form.then(|| text.parse().ok()).flatten()?;
        YEARS.contains(&date.year()).then_some(Self(date))
    }

    /// The one that a moment is in.
    pub fn of(zone: &Zone, at: Timestamp) -> Self {
        Self(zone.date_at(Period::Day.window(zone, at).start))
    }

    /// From its first moment in a time zone to that of the next.
    pub fn window(self, zone: &Zone) -> Window {
        let begins = |date: Date| zone.beginning(date);
        let window = begins(self.0).zip(self.0.tomorrow().ok().and_then(begins));
        let (start, end) = window.expect("every day before the year 9000 has one behind it");
        Window { start, end }
    }

    /// The one behind it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.tomorrow().unwrap_or(self.0))
    }
}

/// As it is written.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::Day;
    use crate::budget::Zone;

    #[test]
    fn days_are_read_as_they_are_written() {
        for text in ["2026-11-27", "1970-01-01", "2028-02-29"] {
            assert_eq!(Day::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "2026-11",
            "2026-13-01",
            "2026-02-29",
            "2026-1-1",
            "1969-12-31",
            "9000-01-01",
            "2026-11-27T00",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(Day::parse("2026-12-31").unwrap().next().to_string(), "2027-01-01");
    }

    #[test]
    fn a_day_is_where_its_time_zone_has_it() {
        let zone = Zone::parse("Asia/Kathmandu").unwrap();
        let day = Day::parse("2026-11-28").unwrap();
        let window = day.window(&zone);
        assert_eq!(window.start, Timestamp::parse("2026-11-27T18:15:00Z").unwrap());
        assert_eq!((Day::of(&zone, window.start), Day::of(&zone, window.end)), (day, day.next()));
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let short = Day::parse("2026-03-29").unwrap().window(&berlin);
        assert_eq!(short.end.unix_ms() - short.start.unix_ms(), 23 * 3_600_000);
    }
}
