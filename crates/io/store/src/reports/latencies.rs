//! How long calls took, as counts in buckets that grow with what they hold: any quantile is told to within a thirty-second, and
//! two of them are added up without losing that. Most calls of a cell are alike, so only buckets with calls are kept.

use super::bytes::{Bytes, put};

/// Buckets in each doubling, as a power of two. Half a bucket is at most a thirty-second of what is in it.
const PARTS_LOG2: u32 = 4;
const PARTS: u64 = 1 << PARTS_LOG2;
/// Longest that is told apart: some twelve days, in microseconds.
const US_MAX: u64 = 1 << 40;

/// So many buckets are gone through one by one before the rest is halved again and again.
const NEAR: usize = 4;

/// Counts by bucket, in ascending order of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(Vec<(u16, u64)>);

impl Latencies {
    /// Counts one.
    pub(super) fn add_us(&mut self, us: u64) {
        self.add(bucket_of(us), 1);
    }

    fn add(&mut self, bucket: u16, count: u64) {
        match self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => self.0[place].1 = self.0[place].1.saturating_add(count),
            Err(place) => self.0.insert(place, (bucket, count)),
        }
    }

    /// All of another's too.
    pub(super) fn add_all(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        other.0.iter().for_each(|(bucket, count)| self.add(*bucket, *count));
    }

    /// Below or at which so many of a hundred are, in microseconds; `None` where there are none.
    pub fn percentile_us(&self, percent: u64) -> Option<u64> {
        let all: u128 = self.0.iter().map(|(_, count)| u128::from(*count)).sum();
        let rank = (all * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        let reached = |(_, count): &&(u16, u64)| {
            seen += u128::from(*count);
            seen >= rank
        };
        self.0.iter().find(reached).map(|(bucket, _)| middle_of(*bucket))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put(out, self.0.len() as u64);
        let mut before = 0;
        for (bucket, count) in &self.0 {
            put(out, u64::from(bucket - before));
            put(out, *count);
            before = *bucket;
        }
    }

    /// Adds what [`Latencies::write`] wrote; `None` if it is anything else.
    pub(super) fn add_written(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        // Both are in ascending order: they are gone through beside each other.
        let (mut bucket, mut place) = (0_u16, 0);
        for _ in 0..bytes.number()? {
            bucket = bucket.checked_add(u16::try_from(bytes.number()?).ok()?)?;
            let count = bytes.number()?;
            let ahead = &self.0[place..];
            let is_before = |(known, _): &(u16, u64)| *known < bucket;
            // Mostly it is among the next ones.
            place += match ahead.iter().take(NEAR).position(|known| !is_before(known)) {
                Some(near) => near,
                None => ahead.partition_point(is_before),
            };
            match self.0.get_mut(place) {
                Some((known, sum)) if *known == bucket => *sum = sum.saturating_add(count),
                _ => self.0.insert(place, (bucket, count)),
            }
        }
        Some(())
    }
}

/// Below two `PARTS` each number has a bucket; above, its highest bits name it.
const fn bucket_of(us: u64) -> u16 {
    let us = if us > US_MAX { US_MAX } else { us };
    if us < PARTS {
        return us as u16;
    }
    let doubling = us.ilog2() - PARTS_LOG2;
    ((doubling as u64 + 1) * PARTS + ((us >> doubling) & (PARTS - 1))) as u16
}

const fn middle_of(bucket: u16) -> u64 {
    let bucket = bucket as u64;
    if bucket < PARTS {
        return bucket;
    }
    let doubling = bucket / PARTS - 1;
    ((PARTS + bucket % PARTS) << doubling) + (1 << doubling) / 2
}

#[cfg(test)]
mod tests {
    use super::super::bytes::Bytes;
    use super::{Latencies, US_MAX, bucket_of, middle_of};

    #[test]
    fn what_is_told_is_within_a_thirty_second() {
        let mut us = 1_u64;
        while us < US_MAX {
            for us in [us - 1, us, us + 1, us + us / 3].map(|us| us.min(US_MAX)) {
                let told = middle_of(bucket_of(us));
                assert!(told.abs_diff(us) * 32 <= us, "{us} is told as {told}");
            }
            us = us * 21 / 20 + 1;
        }
        assert!(bucket_of(u64::MAX) == bucket_of(US_MAX));
    }

    #[test]
    fn percentiles_are_those_of_all_that_was_added_together() {
        let (mut one, mut other) = (Latencies::default(), Latencies::default());
        assert_eq!(one.percentile_us(95), None);
        (1..=100_u64).for_each(|ms| if ms % 2 == 0 { &mut one } else { &mut other }.add_us(ms * 1000));
        one.add_all(&other);
        for (percent, exact) in [(0, 1000), (1, 1000), (50, 50_000), (95, 95_000), (100, 100_000)] {
            let told = one.percentile_us(percent).unwrap();
            assert!(told.abs_diff(exact) * 32 <= exact, "{percent}: {told}");
        }
        let mut written = Vec::new();
        one.write(&mut written);
        let mut read = Latencies::default();
        read.add_written(&mut Bytes::of(&written)).unwrap();
        assert_eq!(read, one);
        assert!(Latencies::default().add_written(&mut Bytes::of(&written[..written.len() - 1])).is_none());
    }
}
