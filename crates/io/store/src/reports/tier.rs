//! How finely what calls came to is kept, and for how long. What is fresh is folded into all of the tiers.

use domain::Timestamp;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 1440;

/// Minutes are kept for so long, beside the present hour.
pub const REPORT_MINUTES_KEPT_HOURS: i64 = 48;

/// Stretches of time of one length. Fresh parts are of single minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tier {
    Fresh,
    Minute,
    /// A quarter of an hour: days and hours of every time zone begin with one.
    Quarter,
    /// A day in UTC.
    Day,
    /// An hour of UTC: those of most time zones, and the inside of days of all of them.
    Hour,
}

impl Tier {
    /// Those that what is fresh is folded into.
    pub(super) const KEPT: [Self; 4] = [Self::Minute, Self::Quarter, Self::Hour, Self::Day];

    /// As it is kept.
    pub(super) const fn number(self) -> i64 {
        self as i64
    }

    /// Where parts of it lie that nobody could read: they are kept, and in no report.
    pub(super) const fn set_aside(self) -> i64 {
        -1 - self.number()
    }

    pub(super) const fn of_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Fresh),
            1 => Some(Self::Minute),
            2 => Some(Self::Quarter),
            3 => Some(Self::Day),
            4 => Some(Self::Hour),
            _ => None,
        }
    }

    /// How many minutes one of its stretches has.
    pub(super) const fn minutes(self) -> i64 {
        match self {
            Self::Fresh | Self::Minute => 1,
            Self::Quarter => 15,
            Self::Hour => 60,
            Self::Day => DAY_MINUTES,
        }
    }

    /// The number of the stretch that a minute is in.
    pub(super) const fn period_of(self, minute: i64) -> i64 {
        minute.div_euclid(self.minutes())
    }

    /// The first minute of a stretch.
    pub(super) const fn begin_of(self, period: i64) -> i64 {
        period * self.minutes()
    }
}

/// The minute that a moment is in, since 1970.
pub(super) const fn minute_of(at: Timestamp) -> i64 {
    at.unix_ms().div_euclid(MINUTE_MS)
}
