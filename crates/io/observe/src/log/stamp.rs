//! The written time of a line. All but the milliseconds is kept from line to line, for most fall into the same second.

use domain::Timestamp;

/// Length of `2026-11-20T23:59:59.999Z`.
const STAMP_LENGTH: usize = 24;
/// The last moment that fits.
const YEAR_9999_END_MS: i64 = 253_402_300_799_999;

/// Writes times, remembering the last second.
#[derive(Debug)]
pub(crate) struct Stamp {
    second: i64,
    text: [u8; STAMP_LENGTH],
}

impl Stamp {
    pub(crate) const fn new() -> Self {
        Self { second: i64::MIN, text: [0; STAMP_LENGTH] }
    }

    /// Date and time, as in JSON.
    #[inline]
    pub(crate) fn at(&mut self, at: Timestamp) -> &[u8] {
        let at = Timestamp(at.unix_ms().clamp(0, YEAR_9999_END_MS));
        if at.unix_seconds() == self.second {
            let ms = at.unix_ms() % 1000;
            for (place, unit) in [(20, 100), (21, 10), (22, 1)] {
                self.text[place] = b'0' + (ms / unit % 10) as u8;
            }
        } else {
            self.second = at.unix_seconds();
            self.text.copy_from_slice(at.rfc3339().as_bytes());
        }
        &self.text
    }

    /// The time of day alone, for people.
    pub(crate) fn time_of_day(&mut self, at: Timestamp) -> &[u8] {
        &self.at(at)[11..23]
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::Stamp;

    #[test]
    fn a_remembered_second_is_written_like_a_new_one() {
        let mut stamp = Stamp::new();
        for ms in [0, 1, 999, 1000, 1_795_219_199_999, 1_795_219_199_000, 1_795_219_200_050, 7] {
            let at = Timestamp(ms);
            assert_eq!(stamp.at(at), at.rfc3339().as_bytes());
        }
        assert_eq!(stamp.time_of_day(Timestamp(43_384_123)), b"12:03:04.123");
    }

    #[test]
    fn a_broken_clock_breaks_nothing() {
        let mut stamp = Stamp::new();
        assert_eq!(stamp.at(Timestamp(i64::MIN)), b"1970-01-01T00:00:00.000Z");
        assert_eq!(stamp.at(Timestamp(i64::MAX)), b"9999-12-31T23:59:59.999Z");
    }
}
