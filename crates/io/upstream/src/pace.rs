//! How long it usually takes to connect: learnt by all workers together from every connection that came about.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Mean and mean deviation in microseconds, 32 bits each; nothing is known while both are 0. As round trips are smoothed
/// for retransmission (RFC 6298).
#[derive(Debug, Default)]
pub(crate) struct ConnectPace(AtomicU64);

impl ConnectPace {
    pub(crate) fn note(&self, took: Duration) {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX).max(1);
        let next = |word: u64| Some(pack(smoothed(unpack(word), took)));
        let _ = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// When whoever connects is later than usual; `None` where nobody knows.
    pub(crate) fn late_after(&self) -> Option<Duration> {
        let (mean, deviation) = unpack(self.0.load(Ordering::Relaxed));
        let late = (2 * u64::from(mean)).max(u64::from(mean) + 4 * u64::from(deviation));
        (mean > 0).then(|| Duration::from_micros(late))
    }
}

const fn smoothed((mean, deviation): (u32, u32), took: u32) -> (u32, u32) {
    if mean == 0 {
        return (took, took / 2);
    }
    let deviation = deviation - deviation / 4 + mean.abs_diff(took) / 4;
    let mean = mean - mean / 8 + took / 8;
    (if mean == 0 { 1 } else { mean }, deviation)
}

const fn unpack(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

fn pack((mean, deviation): (u32, u32)) -> u64 {
    u64::from(mean) << 32 | u64::from(deviation)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::ConnectPace;

    #[test]
    fn late_is_twice_the_usual_or_more_where_it_varies() {
        let late_after = |times: &[u64]| {
            let pace = ConnectPace::default();
            times.iter().for_each(|ms| pace.note(Duration::from_millis(*ms)));
            pace.late_after().map(|late| late.as_millis())
        };
        assert_eq!(late_after(&[]), None);
        assert_eq!(late_after(&[10]), Some(30), "one says little");
        let steady = late_after(&[10; 50]).unwrap();
        assert!((19..=21).contains(&steady), "{steady}");
        let uneven = late_after(&[10, 90].repeat(50)).unwrap();
        assert!((150..300).contains(&uneven), "{uneven}");
    }

    #[test]
    fn nothing_is_too_fast_or_too_slow() {
        let pace = ConnectPace::default();
        for _ in 0..100 {
            pace.note(Duration::ZERO);
        }
        assert!(pace.late_after().is_some_and(|late| late < Duration::from_micros(10)));
        for _ in 0..100 {
            pace.note(Duration::from_secs(100_000));
        }
        assert!(pace.late_after().is_some_and(|late| late > Duration::from_secs(4000)));
    }
}
