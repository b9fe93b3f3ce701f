//! What calls of one cell came to: counts, sums, and how long they took. Two of them are added up.

use domain::Usage;

use super::bytes::{Bytes, put, put_signed};
use super::latencies::Latencies;
use crate::requests::RequestRow;

/// What is counted or summed up. Their order is that of their places in what is kept: new ones come behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Calls.
    Calls,
    /// Those whose caller got what he asked for.
    Successes,
    /// Those that another had failed before who answered.
    Failovers,
    /// Targets that were asked.
    Attempts,
    /// Calls that an account paid for.
    Charged,
    /// Calls whose tokens were counted here.
    Estimated,
    /// Answers of which nobody knows what they took.
    NoUsage,
    /// Calls of which something has no price.
    Unpriced,
    /// Calls that were answered with what was kept of an earlier one.
    Replayed,
    /// How long they took, in microseconds.
    TookUs,
    /// Calls with a first byte, and how long that took.
    Begun,
    /// In microseconds.
    FirstByteUs,
    /// Our own share, in microseconds.
    AddedUs,
    /// Bytes of requests.
    BytesIn,
    /// Bytes of answers.
    BytesOut,
    /// Prompt tokens that are in no other part.
    Input,
    /// Prompt tokens out of a cache.
    CachedInput,
    /// Prompt tokens into a cache.
    CacheWrite,
    /// Prompt tokens into a cache for longer.
    CacheWriteLong,
    /// Prompt tokens of recordings.
    AudioInput,
    /// Prompt tokens of pictures.
    ImageInput,
    /// Answer tokens.
    Output,
    /// Hidden thoughts.
    Reasoning,
    /// Answer tokens of speech.
    AudioOutput,
    /// Answer tokens of pictures.
    ImageOutput,
    /// Pictures made.
    Images,
    /// Searches.
    Searches,
    /// Recordings, in milliseconds.
    AudioMs,
}

const COUNTS: usize = Count::AudioMs as usize + 1;
/// Where amounts have their marks, behind those of the counts.
const HAS_LIST: u64 = 1 << COUNTS;
const HAS_PRICE: u64 = HAS_LIST << 1;
const HAS_CHARGED: u64 = HAS_PRICE << 1;

/// What calls came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    counts: [u64; COUNTS],
    /// By the price list, in nano-units.
    pub list: i128,
    /// What callers pay, in nano-units.
    pub price: i128,
    /// What of that accounts paid, in nano-units.
    pub charged: i128,
    /// How long they took.
    pub latencies: Latencies,
}

impl Figures {
    /// These, for who makes some up.
    pub fn of(counts: &[(Count, u64)], (list, price): (i128, i128)) -> Self {
        let mut figures = Self { list, price, ..Self::default() };
        counts.iter().for_each(|(count, number)| figures.add_count(*count, *number));
        figures
    }

    /// One of the counts.
    pub const fn count(&self, count: Count) -> u64 {
        self.counts[count as usize]
    }

    /// All tokens.
    pub fn tokens(&self) -> u64 {
        self.counts[Count::Input as usize..=Count::ImageOutput as usize]
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    fn add_count(&mut self, count: Count, number: u64) {
        let place = &mut self.counts[count as usize];
        *place = place.saturating_add(number);
    }

    /// One more call.
    pub(super) fn add_row(&mut self, row: &RequestRow<'_>) {
        let flag = |name: &str| u64::from(row.flags.split(',').any(|flag| flag == name));
        self.add_count(Count::Calls, 1);
        self.add_count(Count::Successes, u64::from(!row.is_failure()));
        self.add_count(Count::Failovers, u64::from(row.fallback_attempts > 0));
        self.add_count(Count::Attempts, row.attempts.into());
        if !row.flags.is_empty() {
            self.add_count(Count::Estimated, flag("estimated"));
            self.add_count(Count::NoUsage, flag("no_usage"));
            self.add_count(Count::Unpriced, flag("unpriced"));
            self.add_count(Count::Replayed, flag("replayed"));
        }
        self.add_count(Count::TookUs, row.took_us);
        self.latencies.add_us(row.took_us);
        if let Some(first_byte_us) = row.first_byte_us {
            self.add_count(Count::Begun, 1);
            self.add_count(Count::FirstByteUs, first_byte_us);
        }
        self.add_count(Count::AddedUs, row.added_us);
        self.add_count(Count::BytesIn, row.bytes_in);
        self.add_count(Count::BytesOut, row.bytes_out);
        if let Some(usage) = &row.usage {
            self.add_usage(usage);
        }
        if let Some(cost) = &row.cost {
            self.list += i128::from(cost.list.nano());
            self.price += i128::from(cost.price.nano());
            if row.account.is_some() && cost.price.nano() > 0 {
                self.add_count(Count::Charged, 1);
                self.charged += i128::from(cost.price.nano());
            }
        }
    }

    fn add_usage(&mut self, usage: &Usage) {
        let parts = usage.parts().into_iter().chain(usage.units());
        for (place, (_, number)) in parts.enumerate().filter(|(_, (_, number))| *number > 0) {
            let count = &mut self.counts[Count::Input as usize + place];
            *count = count.saturating_add(number);
        }
    }

    /// What was used, as one call's usage; units that are beyond its fields are cut.
    pub fn usage(&self) -> Usage {
        let small = |count: Count| u32::try_from(self.count(count)).unwrap_or(u32::MAX);
        Usage {
            input: self.count(Count::Input),
            cached_input: self.count(Count::CachedInput),
            cache_write: self.count(Count::CacheWrite),
            cache_write_long: self.count(Count::CacheWriteLong),
            audio_input: self.count(Count::AudioInput),
            image_input: self.count(Count::ImageInput),
            output: self.count(Count::Output),
            reasoning: self.count(Count::Reasoning),
            audio_output: self.count(Count::AudioOutput),
            image_output: self.count(Count::ImageOutput),
            images: small(Count::Images),
            searches: small(Count::Searches),
            audio_ms: small(Count::AudioMs),
            ..Usage::default()
        }
    }

    /// All of another's too.
    pub fn add_all(&mut self, other: &Self) {
        for (sum, number) in self.counts.iter_mut().zip(other.counts) {
            *sum = sum.saturating_add(number);
        }
        self.list += other.list;
        self.price += other.price;
        self.charged += other.charged;
        self.latencies.add_all(&other.latencies);
    }

    /// Which there are, and these.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let flag = |is: bool, flag: u64| if is { flag } else { 0 };
        let has = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let has = has.fold(0, |has, (place, _)| has | 1 << place)
            | flag(self.list != 0, HAS_LIST)
            | flag(self.price != 0, HAS_PRICE)
            | flag(self.charged != 0, HAS_CHARGED);
        put(out, has);
        self.counts.iter().filter(|count| **count > 0).for_each(|count| put(out, *count));
        [self.list, self.price, self.charged]
            .into_iter()
            .filter(|amount| *amount != 0)
            .for_each(|amount| put_signed(out, amount));
        self.latencies.write(out);
    }

    /// Adds what [`Figures::write`] wrote; `None` if it is anything else.
    pub(super) fn add_written(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let has = bytes.number()?;
        if has >= HAS_CHARGED << 1 {
            return None;
        }
        let mut left = has & (HAS_LIST - 1);
        while left > 0 {
            let place = &mut self.counts[left.trailing_zeros() as usize];
            *place = place.saturating_add(bytes.number()?);
            left &= left - 1;
        }
        for (flag, sum) in
            [(HAS_LIST, &mut self.list), (HAS_PRICE, &mut self.price), (HAS_CHARGED, &mut self.charged)]
        {
            if has & flag > 0 {
                *sum = sum.checked_add(bytes.signed()?)?;
            }
        }
        self.latencies.add_written(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes::Bytes;
    use super::{Count, Figures};
    use crate::requests::RequestRow;
    use crate::requests::suite::row;

    #[test]
    fn all_that_a_row_tells_is_in_the_sums() {
        let mut figures = Figures::default();
        figures.add_row(&row(1));
        figures.add_row(&RequestRow { status: 502, usage: None, cost: None, flags: "".into(), ..row(2) });
        let count = |count| figures.count(count);
        assert_eq!((count(Count::Calls), count(Count::Successes), count(Count::Estimated)), (2, 1, 1));
        assert_eq!((count(Count::TookUs), count(Count::Begun)), (2 * 812_345, 2));
        assert_eq!((figures.list, figures.price, figures.charged), (123_456_789, -1, 0));
        let usage = figures.usage();
        let mut expected = row(1).usage.unwrap();
        expected.service_tier = usage.service_tier;
        (expected.unexplained, expected.is_estimated) = (0, false);
        assert_eq!(usage, expected);
        assert_eq!(figures.tokens(), expected.total());
    }

    #[test]
    fn what_is_written_is_added_and_nothing_else() {
        let mut figures = Figures::default();
        (0..50).for_each(|seed| figures.add_row(&RequestRow { took_us: seed * 37_123, ..row(seed) }));
        let mut written = Vec::new();
        figures.write(&mut written);
        let mut twice = figures.clone();
        twice.add_written(&mut Bytes::of(&written)).unwrap();
        let mut expected = figures.clone();
        expected.add_all(&figures);
        assert_eq!(twice, expected);
        for cut in 0..written.len() {
            assert!(
                Figures::default().add_written(&mut Bytes::of(&written[..cut])).is_none(),
                "cut at {cut}"
            );
        }
    }
}
