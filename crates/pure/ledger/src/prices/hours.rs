//! The hours of the week in which a price holds, such as those of the night at a vendor that is cheaper then.

use domain::Timestamp;

use super::text::HoursText;

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;
/// 1970-01-01 was a Thursday; weeks begin on Monday here.
const EPOCH_MINUTE: i64 = 3 * DAY as i64;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const ZONE_MINUTES_MAX: i32 = 14 * 60;

/// Minutes of the week in UTC, each span with its first and without its last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    spans: Box<[(u16, u16)]>,
}

impl Hours {
    /// Reads windows: times of the day in a zone, on some days or all. One that ends when it begins, or before, ends on the
    /// following day.
    pub fn read(windows: &[HoursText]) -> Result<Self, String> {
        let mut spans = Vec::new();
        for window in windows {
            let (from, until) = (minute_of_day(&window.from)?, minute_of_day(&window.until)?);
            let length = if until > from { until - from } else { DAY - from + until };
            let zone = window.zone.as_deref().map_or(Ok(0), zone)?;
            let every = DAYS.map(str::to_owned);
            for day in window.days.as_deref().unwrap_or(&every) {
                let place = DAYS.iter().position(|known| known == day);
                let place =
                    place.ok_or_else(|| format!("'{day}' is no day: mon, tue, wed, thu, fri, sat, sun"))?;
                let begin =
                    (place as i32 * i32::from(DAY) + i32::from(from) - zone).rem_euclid(i32::from(WEEK));
                push(&mut spans, begin as u16, length);
            }
        }
        spans.sort_unstable();
        Ok(Self { spans: spans.into() })
    }

    /// Whether a moment lies within.
    pub fn contain(&self, at: Timestamp) -> bool {
        let minute = (at.unix_seconds().div_euclid(60) + EPOCH_MINUTE).rem_euclid(i64::from(WEEK)) as u16;
        self.spans.iter().any(|(from, until)| (*from..*until).contains(&minute))
    }

    /// Whether both have a minute in common.
    pub fn meet(&self, other: &Self) -> bool {
        self.spans.iter().any(|one| other.spans.iter().any(|two| one.0 < two.1 && two.0 < one.1))
    }

    /// The spans as they are held, for people: `mon 16:30-24:00 tue 00:00-00:30`, in UTC.
    pub fn text(&self) -> String {
        let span = |(from, until): &(u16, u16)| {
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let day = from / DAY;
            format!("{} {}-{}", DAYS[usize::from(day)], clock(from % DAY), clock(until - day * DAY))
        };
        self.spans.iter().map(span).collect::<Vec<_>>().join(" ")
    }

    /// Whether two of its own windows have a minute in common.
    pub(super) fn meet_themselves(&self) -> bool {
        self.spans.windows(2).any(|pair| pair[0].1 > pair[1].0)
    }
}

/// One that runs into the next week is two.
fn push(spans: &mut Vec<(u16, u16)>, begin: u16, length: u16) {
    let end = begin + length;
    if end > WEEK {
        spans.push((begin, WEEK));
        spans.push((0, end - WEEK));
    } else {
        spans.push((begin, end));
    }
}

fn minute_of_day(text: &str) -> Result<u16, String> {
    let read = || {
        let (hours, minutes) = text.split_once(':')?;
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    read().ok_or_else(|| format!("'{text}' is no time of the day such as 16:30"))
}

fn zone(text: &str) -> Result<i32, String> {
    let read = || {
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        let all = i32::from(hours) * 60 + i32::from(minutes);
        (minutes < 60 && all <= ZONE_MINUTES_MAX).then_some(sign * all)
    };
    read().ok_or_else(|| format!("'{text}' is no distance from UTC such as +08:00"))
}

fn two_digits(text: &str) -> Option<u16> {
    let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::Hours;
    use crate::prices::instant;
    use crate::prices::text::HoursText;

    fn window(from: &str, until: &str, days: Option<&[&str]>, zone: Option<&str>) -> HoursText {
        HoursText {
            from: from.to_owned(),
            until: until.to_owned(),
            days: days.map(|days| days.iter().map(|day| (*day).to_owned()).collect()),
            zone: zone.map(str::to_owned),
        }
    }

    fn at(text: &str) -> Timestamp {
        instant::parse(text).unwrap()
    }

    #[test]
    fn windows_begin_with_their_first_minute_and_end_before_their_last() {
        let hours = Hours::read(&[window("16:30", "00:30", None, None)]).unwrap();
        for (moment, is_within) in [
            ("2026-11-26T16:29:59Z", false),
            ("2026-11-26T16:30:00Z", true),
            ("2026-11-27T00:29:59Z", true),
            ("2026-11-27T00:30:00Z", false),
            // Sunday to Monday.
            ("2026-11-30T00:10:00Z", true),
        ] {
            assert_eq!(hours.contain(at(moment)), is_within, "{moment}");
        }
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // Midnight of a Saturday in Shanghai is four in the afternoon of a Friday in UTC.
        let hours = Hours::read(&[window("00:00", "00:00", Some(&["sat"]), Some("+08:00"))]).unwrap();
        for (moment, is_within) in [
            ("2026-11-27T15:59:59Z", false),
            ("2026-11-27T16:00:00Z", true),
            ("2026-11-28T15:59:59Z", true),
            ("2026-11-28T16:00:00Z", false),
        ] {
            assert_eq!(hours.contain(at(moment)), is_within, "{moment}");
        }
    }

    #[test]
    fn windows_that_share_a_minute_meet() {
        let read = |from, until| Hours::read(&[window(from, until, None, None)]).unwrap();
        assert!(read("22:00", "02:00").meet(&read("01:59", "03:00")));
        assert!(!read("22:00", "02:00").meet(&read("02:00", "22:00")));
        let twice = [window("01:00", "03:00", None, None), window("02:00", "04:00", None, None)];
        assert!(Hours::read(&twice).unwrap().meet_themselves());
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for window in [
            window("24:00", "01:00", None, None),
            window("1:00", "02:00", None, None),
            window("01:00", "02:00", Some(&["Monday"]), None),
            window("01:00", "02:00", None, Some("Asia/Shanghai")),
            window("01:00", "02:00", None, Some("+15:00")),
        ] {
            assert!(Hours::read(std::slice::from_ref(&window)).is_err(), "{window:?}");
        }
    }
}
