//! Time zones by their IANA names. Their rules are part of the program: a day is the same on every machine.

use std::fmt;

use domain::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Longest name that is looked for.
pub const ZONE_CHARS_MAX: usize = 64;
/// Year 9000: calendars go a little further, and every sum of a month stays within them.
pub(super) const MS_MAX: i64 = 221_845_392_000_000;

/// A time zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    name: Box<str>,
    inner: TimeZone,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { name: "UTC".into(), inner: TimeZone::UTC }
    }

    /// By its name, such as `Europe/Berlin`, in any case; `None` if there is none of that name.
    pub fn parse(name: &str) -> Option<Self> {
        if name.is_empty() || name.len() > ZONE_CHARS_MAX {
            return None;
        }
        let inner = TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown())?;
        let name = inner.iana_name()?.into();
        Some(Self { name, inner })
    }

    /// As the database of zones writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A moment as its clocks show it, with their distance from UTC: `2026-11-28T00:00:00+01:00`.
    pub fn shown(&self, at: Timestamp) -> String {
        let at = moment(at);
        at.display_with_offset(self.inner.to_offset(at)).to_string()
    }

    pub(super) fn date_at(&self, at: Timestamp) -> jiff::civil::Date {
        self.inner.to_datetime(moment(at)).date()
    }

    /// The first moment of a day: midnight, or what comes in its place where clocks are put forward then; of two midnights the
    /// first.
    pub(super) fn beginning(&self, date: jiff::civil::Date) -> Option<Timestamp> {
        let begins = date.to_zoned(self.inner.clone()).ok()?;
        Some(Timestamp(begins.timestamp().as_millisecond()))
    }
}

fn moment(at: Timestamp) -> jiff::Timestamp {
    let ms = at.unix_ms().clamp(0, MS_MAX);
    jiff::Timestamp::from_millisecond(ms).expect("moments before the year 9000 are in the calendar")
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::Zone;

    #[test]
    fn zones_are_known_by_their_names_in_any_case() {
        for (asked, known) in
            [("UTC", "UTC"), ("Europe/Berlin", "Europe/Berlin"), ("asia/shanghai", "Asia/Shanghai")]
        {
            assert_eq!(Zone::parse(asked).map(|zone| zone.to_string()).as_deref(), Some(known));
        }
        for odd in ["", "Mars/Olympus", "Etc/Unknown", "+01:00", "../etc/passwd", &"a".repeat(65)] {
            assert_eq!(Zone::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn moments_are_shown_with_the_distance_of_that_day() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let shown = |text: &str| berlin.shown(Timestamp::parse(text).unwrap());
        assert_eq!(shown("2026-11-27T23:00:00Z"), "2026-11-28T00:00:00+01:00");
        assert_eq!(shown("2026-07-01T22:00:00Z"), "2026-07-02T00:00:00+02:00");
        assert_eq!(Zone::utc().shown(Timestamp(0)), "1970-01-01T00:00:00+00:00");
    }
}
