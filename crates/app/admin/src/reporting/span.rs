//! Over which stretches of time a report goes: what is asked for becomes windows of minutes, within what is kept and what is
//! bounded.

use domain::{Kind, Timestamp};
use limits::budget::{Day, Zone};
use store::{Minutes, REPORT_MINUTES_KEPT_HOURS};

use crate::refusal::Refusal;

/// Longest report by the minute, by the hour, by the day, and in one row.
pub const REPORT_MINUTES_SPAN_HOURS: i64 = 6;
/// By the hour.
pub const REPORT_HOURS_SPAN_DAYS: i64 = 31;
/// By the day, and in one row.
pub const REPORT_DAYS_SPAN_DAYS: i64 = 400;
/// Days of a report that does not say since when.
const DAYS_DEFAULT: i64 = 30;
const MINUTE_MS: i64 = 60_000;
const HOUR_MINUTES: i64 = 60;
const DAY_MINUTES: i64 = 1440;
const QUARTER_MINUTES: i64 = 15;

/// How finely calls are parted by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Minute,
    Hour,
    Day,
    /// Not at all.
    Total,
}

/// What is said of time.
#[derive(Debug, Default)]
pub(crate) struct Said<'s> {
    pub(crate) date: Option<&'s str>,
    pub(crate) from: Option<&'s str>,
    pub(crate) to: Option<&'s str>,
    pub(crate) tz: Option<&'s str>,
}

/// The stretches of time of a report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) zone: Zone,
    pub(crate) step: Step,
    pub(crate) windows: Vec<Minutes>,
    /// What each window is called.
    pub(crate) names: Vec<String>,
}

impl Step {
    pub(crate) const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Total];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Total => "total",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl Span {
    /// What is said, by steps; `keep_hours_days` is how long quarters of an hour are kept.
    pub(crate) fn of(
        said: &Said<'_>,
        step: Step,
        now: Timestamp,
        keep_hours_days: u32,
    ) -> Result<Self, Refusal> {
        let zone = zone(said.tz)?;
        let (from, to) = ends(said, step, &zone, now)?;
        let aligned = if step == Step::Minute { 1 } else { QUARTER_MINUTES };
        let (from, to) = (minute("from", from, aligned)?, minute("to", to, aligned)?);
        if from >= to {
            return Err(refused("to", "to must be later than from".to_owned()));
        }
        within_bounds(step, to - from)?;
        let mut span = Self { zone, step, windows: Vec::new(), names: Vec::new() };
        match step {
            Step::Minute => span.part(from..to, 1),
            Step::Hour => span.part(from..to, HOUR_MINUTES),
            Step::Day => span.part_by_days(from..to),
            Step::Total => span.part(from..to, i64::MAX),
        }
        span.is_kept(now, keep_hours_days)?;
        Ok(span)
    }

    /// One day.
    pub(crate) fn of_day(
        said: &Said<'_>,
        now: Timestamp,
        keep_hours_days: u32,
    ) -> Result<(Self, Day), Refusal> {
        let zone = zone(said.tz)?;
        let day = match said.date {
            None => Day::of(&zone, now),
            Some(text) => read_day("date", text)?,
        };
        let named = day.to_string();
        let said = Said { date: Some(&named), ..Said { tz: said.tz, ..Said::default() } };
        Ok((Self::of(&said, Step::Day, now, keep_hours_days)?, day))
    }

    /// Its first moment, and the first behind it, as its zone has them.
    pub(crate) fn ends(&self) -> (serde_json::Value, serde_json::Value) {
        let shown = |minute: Option<i64>| {
            minute.map_or(serde_json::Value::Null, |minute| {
                self.zone.shown(Timestamp(minute * MINUTE_MS)).into()
            })
        };
        let first = self.windows.first().map(|window| window.start);
        (shown(first), shown(self.windows.last().map(|window| window.end)))
    }

    fn part(&mut self, all: Minutes, minutes: i64) {
        let mut begin = all.start;
        while begin < all.end {
            let end = begin.saturating_add(minutes).min(all.end);
            self.windows.push(begin..end);
            self.names.push(self.zone.shown(Timestamp(begin * MINUTE_MS)));
            begin = end;
        }
    }

    fn part_by_days(&mut self, all: Minutes) {
        let mut day = Day::of(&self.zone, Timestamp(all.start * MINUTE_MS));
        let mut begin = all.start;
        while begin < all.end {
            let end = day.window(&self.zone).end.unix_ms() / MINUTE_MS;
            if end > begin {
                self.windows.push(begin..end.min(all.end));
                self.names.push(day.to_string());
                begin = end;
            }
            day = day.next();
        }
    }

    /// Whether what it is made of is kept still.
    fn is_kept(&self, now: Timestamp, keep_hours_days: u32) -> Result<(), Refusal> {
        let Some(first) = self.windows.first() else { return Ok(()) };
        let now = now.unix_ms().div_euclid(MINUTE_MS);
        if self.step == Step::Minute {
            return if first.start < now - REPORT_MINUTES_KEPT_HOURS * HOUR_MINUTES {
                let message = format!(
                    "calls are kept by the minute for {REPORT_MINUTES_KEPT_HOURS} hours: from must be within them, or step must be hour"
                );
                Err(refused("from", message))
            } else {
                Ok(())
            };
        }
        let oldest = now - i64::from(keep_hours_days) * DAY_MINUTES;
        let is_of_days = |window: &Minutes| {
            window.start.rem_euclid(DAY_MINUTES) == 0 && window.end.rem_euclid(DAY_MINUTES) == 0
        };
        if self.windows.iter().any(|window| window.start < oldest && !is_of_days(window)) {
            let message = format!(
                "hours, and days of other time zones than UTC, are kept for {keep_hours_days} days (reports.keep_hours_days): ask for a later time, or for whole days with tz=UTC"
            );
            return Err(refused("from", message));
        }
        Ok(())
    }
}

/// The day with which a window of the last days begins, today being the last.
pub(crate) fn days_before(said: &Said<'_>, window: &str, now: Timestamp) -> Result<String, Refusal> {
    let days: Option<i64> = window.strip_suffix('d').and_then(|days| days.parse().ok());
    let Some(days) = days.filter(|days| (1..=REPORT_DAYS_SPAN_DAYS).contains(days)) else {
        let message = format!(
            "window must be a number of days such as 30d, at most {REPORT_DAYS_SPAN_DAYS}d, not {:?}",
            shortened(window)
        );
        return Err(refused("window", message));
    };
    let zone = zone(said.tz)?;
    let noon = Day::of(&zone, now).window(&zone).start.unix_ms() + 12 * HOUR_MINUTES * MINUTE_MS;
    Ok(Day::of(&zone, Timestamp(noon - (days - 1) * DAY_MINUTES * MINUTE_MS)).to_string())
}

fn within_bounds(step: Step, minutes: i64) -> Result<(), Refusal> {
    let (most, words) = match step {
        Step::Minute => (
            REPORT_MINUTES_SPAN_HOURS * HOUR_MINUTES,
            format!("by the minute a report goes over {REPORT_MINUTES_SPAN_HOURS} hours at most"),
        ),
        Step::Hour => (
            // One more, for clocks that are put back.
            REPORT_HOURS_SPAN_DAYS * DAY_MINUTES + HOUR_MINUTES,
            format!("by the hour a report goes over {REPORT_HOURS_SPAN_DAYS} days at most"),
        ),
        Step::Day | Step::Total => (
            REPORT_DAYS_SPAN_DAYS * DAY_MINUTES + HOUR_MINUTES,
            format!("a report goes over {REPORT_DAYS_SPAN_DAYS} days at most"),
        ),
    };
    if minutes > most { Err(refused("from", words)) } else { Ok(()) }
}

fn ends(said: &Said<'_>, step: Step, zone: &Zone, now: Timestamp) -> Result<(Timestamp, Timestamp), Refusal> {
    if let Some(date) = said.date {
        if said.from.is_some() || said.to.is_some() {
            return Err(refused("date", "say either date, or from and to".to_owned()));
        }
        let window = read_day("date", date)?.window(zone);
        return Ok((window.start, window.end));
    }
    let today = Day::of(zone, now).window(zone);
    let usual_to = match step {
        Step::Minute => Timestamp(now.unix_ms().div_euclid(MINUTE_MS) * MINUTE_MS + MINUTE_MS),
        Step::Hour | Step::Day | Step::Total => today.end,
    };
    let to = said.to.map(|text| moment("to", text, zone)).transpose()?.unwrap_or(usual_to);
    let usual_from = || match step {
        Step::Minute => Timestamp(to.unix_ms() - HOUR_MINUTES * MINUTE_MS),
        Step::Hour => Timestamp(to.unix_ms() - DAY_MINUTES * MINUTE_MS),
        Step::Day | Step::Total => {
            let around = Timestamp(to.unix_ms() - DAYS_DEFAULT * DAY_MINUTES * MINUTE_MS);
            Day::of(zone, around).window(zone).start
        }
    };
    let from = said.from.map(|text| moment("from", text, zone)).transpose()?.unwrap_or_else(usual_from);
    Ok((from, to))
}

fn zone(said: Option<&str>) -> Result<Zone, Refusal> {
    let Some(name) = said else { return Ok(Zone::utc()) };
    Zone::parse(name).ok_or_else(|| {
        let message =
            format!("tz must be a time zone such as UTC or Asia/Shanghai, not {:?}", shortened(name));
        refused("tz", message)
    })
}

/// A day of the zone, or a moment.
fn moment(name: &'static str, text: &str, zone: &Zone) -> Result<Timestamp, Refusal> {
    if let Some(day) = Day::parse(text) {
        return Ok(day.window(zone).start);
    }
    let known = Timestamp::parse(text).filter(|at| at.unix_ms() >= 0);
    known.ok_or_else(|| {
        let message = format!(
            "{name} must be a date such as 2026-11-27, or a moment such as 2026-11-27T09:30:00Z, not {:?}",
            shortened(text)
        );
        refused(name, message)
    })
}

fn read_day(name: &'static str, text: &str) -> Result<Day, Refusal> {
    Day::parse(text).ok_or_else(|| {
        refused(name, format!("{name} must be a date such as 2026-11-27, not {:?}", shortened(text)))
    })
}

fn minute(name: &'static str, at: Timestamp, aligned: i64) -> Result<i64, Refusal> {
    let unit = aligned * MINUTE_MS;
    if at.unix_ms().rem_euclid(unit) == 0 {
        return Ok(at.unix_ms().div_euclid(MINUTE_MS));
    }
    let words = if aligned == 1 { "a full minute" } else { "a quarter of an hour, such as 09:45:00" };
    Err(refused(name, format!("{name} must be {words}")))
}

fn refused(name: &'static str, message: String) -> Refusal {
    Refusal::of(Kind::BadRequest, message).with_param(name)
}

/// What was said, as far as anybody wants to read it again.
pub(super) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    text.chars().take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{Said, Span, Step};

    const KEPT: u32 = 400;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-27T17:42:11Z").unwrap()
    }

    fn said<'s>(from: &'s str, to: &'s str, tz: &'s str) -> Said<'s> {
        let some = |text: &'s str| Some(text).filter(|text| !text.is_empty());
        Said { date: None, from: some(from), to: some(to), tz: some(tz) }
    }

    #[track_caller]
    fn check(said: &Said<'_>, step: Step, count: usize, (first, last): (&str, &str)) {
        let span = Span::of(said, step, now(), KEPT).unwrap();
        assert_eq!(span.windows.len(), count, "{:?}", span.names);
        assert_eq!((span.names[0].as_str(), span.names[count - 1].as_str()), (first, last));
        assert!(span.windows.is_sorted_by(|left, right| left.end == right.start));
    }

    #[test]
    fn what_is_said_becomes_windows() {
        check(&Said::default(), Step::Day, 30, ("2026-10-29", "2026-11-27"));
        check(
            &said("2026-11-01", "2026-11-03", "Asia/Kathmandu"),
            Step::Day,
            2,
            ("2026-11-01", "2026-11-02"),
        );
        // Clocks are put back in the night before the 26th.
        check(
            &said("2026-10-25", "2026-10-26", "Europe/Berlin"),
            Step::Hour,
            25,
            ("2026-10-25T00:00:00+02:00", "2026-10-25T23:00:00+01:00"),
        );
        check(
            &said("2026-11-27T17:00:00Z", "", ""),
            Step::Minute,
            43,
            ("2026-11-27T17:00:00+00:00", "2026-11-27T17:42:00+00:00"),
        );
        check(
            &said("2026-11-01", "2026-12-01", ""),
            Step::Total,
            1,
            ("2026-11-01T00:00:00+00:00", "2026-11-01T00:00:00+00:00"),
        );
        check(
            &said("2026-11-01T06:00:00Z", "2026-11-02T06:00:00Z", ""),
            Step::Day,
            2,
            ("2026-11-01", "2026-11-02"),
        );
        let (span, day) = Span::of_day(&said("", "", "Asia/Tokyo"), now(), KEPT).unwrap();
        assert_eq!((span.windows.len(), day.to_string().as_str()), (1, "2026-11-28"));
    }

    #[test]
    fn what_cannot_be_told_is_refused_by_its_name() {
        let refused = |said: &Said<'_>, step: Step, expected: &str| {
            let refusal = Span::of(said, step, now(), 30).unwrap_err();
            assert!(refusal.message().contains(expected), "{}", refusal.message());
        };
        refused(&said("", "", "Mars/Olympus"), Step::Day, "tz must be a time zone");
        refused(&said("yesterday", "", ""), Step::Day, "from must be a date");
        refused(&said("", "2026-11-31", ""), Step::Day, "to must be a date");
        refused(&said("2026-11-27", "2026-11-27", ""), Step::Day, "to must be later than from");
        refused(&said("2025-01-01", "", ""), Step::Day, "400 days at most");
        refused(&said("2026-10-01", "", ""), Step::Hour, "31 days at most");
        refused(&said("2026-11-27", "", ""), Step::Minute, "6 hours at most");
        refused(&said("2026-11-20", "2026-11-20T01:00:00Z", ""), Step::Minute, "for 48 hours");
        refused(&said("2026-11-27T09:35:00Z", "", ""), Step::Hour, "from must be a quarter of an hour");
        refused(&said("2026-10-20", "2026-10-22", "Asia/Tokyo"), Step::Day, "reports.keep_hours_days");
        assert!(Span::of(&said("2026-10-20", "2026-10-22", ""), Step::Day, now(), 30).is_ok());
        let both = Said { date: Some("2026-11-27"), from: Some("2026-11-26"), ..Said::default() };
        refused(&both, Step::Day, "either date, or from and to");
    }
}
