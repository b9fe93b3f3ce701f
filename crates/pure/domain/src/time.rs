//! A point in time as a plain number, handed to decisions as `now`. Reading the clock is not done here.

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds since the Unix epoch.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// `YYYY-MM-DDTHH:MM:SS.mmmZ`, the form our logs and listings use.
    pub fn rfc3339(self) -> String {
        let days = self.0.div_euclid(86_400_000);
        let ms = self.0.rem_euclid(86_400_000);
        let (year, month, day) = civil_from_days(days);
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        )
    }

    /// Reads a date, or a moment in UTC with or without parts of a second: `2026-11-27`, `2026-11-27T09:30:00Z`.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
        let ((year, month, day), time) = (three(date, '-', [4, 2, 2])?, time.strip_suffix('Z')?);
        let (time, part) = time.split_once('.').unwrap_or((time, "0"));
        let (hour, minute, second) = three(time, ':', [2, 2, 2])?;
        let is_part = (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let days = days_from_civil(year, month, day);
        if civil_from_days(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 || !is_part
        {
            return None;
        }
        let ms: i64 = format!("{part:0<3}")[..3].parse().ok()?;
        Some(Self(days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms))
    }
}

/// Three numbers of so many digits with the same character between them.
fn three(text: &str, between: char, digits: [usize; 3]) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(between).zip(digits).map(|(part, digits)| {
        let is_fit = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_fit)
    });
    let numbers = (parts.next()??, parts.next()??, parts.next()??);
    (text.len() == digits.iter().sum::<usize>() + 2).then_some(numbers)
}

/// Days since 1970-01-01 of a date; what is no date gives the days of another.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Days since 1970-01-01 to a proleptic Gregorian date, counted in 400-year eras that start on 1 March.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468; // 0000-03-01
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn known_dates_are_written_right() {
        let check = |ms, text: &str| assert_eq!(Timestamp(ms).rfc3339(), text);
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_400_123, "2000-02-29T00:00:00.123Z");
        check(1_795_219_199_999, "2026-11-20T23:59:59.999Z");
        check(-1, "1969-12-31T23:59:59.999Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
    }

    #[test]
    fn moments_are_read_as_they_are_written() {
        for ms in [0, 951_782_400_123, 1_795_219_199_999, 4_107_542_400_000] {
            assert_eq!(Timestamp::parse(&Timestamp(ms).rfc3339()), Some(Timestamp(ms)));
        }
        assert_eq!(Timestamp::parse("2026-11-21"), Some(Timestamp(1_795_219_200_000)));
        assert_eq!(Timestamp::parse("2026-11-21T00:00:01Z"), Some(Timestamp(1_795_219_201_000)));
        for odd in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-1-01",
            "2026-11-21T24:00:00Z",
            "2026-11-21T00:00:00",
            "2026-11-21T00:00:00+01:00",
            "2026-11-21T00:00:00.Z",
            "now",
        ] {
            assert_eq!(Timestamp::parse(odd), None, "{odd}");
        }
    }
}
