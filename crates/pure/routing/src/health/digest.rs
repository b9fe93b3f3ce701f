//! What samples come to: how many of them were answers, and how long those took. Of several targets, the last hundred of all.

use std::time::Duration;

use super::samples::{SAMPLES_MAX, Sample};

/// The last hundred samples of whatever they were collected from. Where there are none it has no numbers, not zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    sampled: usize,
    /// How long answers took, the shortest first. How soon somebody fails says nothing of how fast he is.
    times: Vec<Duration>,
}

impl Digest {
    /// Of these, in whatever order.
    pub fn of(mut samples: Vec<Sample>) -> Self {
        samples.sort_by_key(|sample| std::cmp::Reverse(sample.at));
        samples.truncate(SAMPLES_MAX);
        let good = samples.iter().filter(|sample| sample.is_good);
        let mut times: Vec<Duration> = good.map(|sample| sample.took).collect();
        times.sort_unstable();
        Self { sampled: samples.len(), times }
    }

    /// How many there were.
    pub const fn sampled(&self) -> usize {
        self.sampled
    }

    /// What part of them were answers.
    pub fn success_rate(&self) -> Option<f64> {
        (self.sampled > 0).then(|| self.times.len() as f64 / self.sampled as f64)
    }

    /// The shortest time.
    pub fn min(&self) -> Option<Duration> {
        self.times.first().copied()
    }

    /// The longest time.
    pub fn max(&self) -> Option<Duration> {
        self.times.last().copied()
    }

    /// The average.
    pub fn average(&self) -> Option<Duration> {
        let count = u32::try_from(self.times.len()).ok().filter(|count| *count > 0)?;
        Some(self.times.iter().sum::<Duration>() / count)
    }

    /// The time that `part` of the answers did not exceed.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let wanted = (self.times.len() as f64 * part).ceil().max(1.0) as usize;
        self.times.get(wanted - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Digest;
    use crate::health::Sample;
    use crate::moment::Moment;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn sample(took: u64, second: u64, is_good: bool) -> Sample {
        Sample { took: ms(took), is_good, at: Moment::after_start(Duration::from_secs(second)) }
    }

    #[test]
    fn without_samples_there_are_no_numbers() {
        let digest = Digest::of(Vec::new());
        assert_eq!((digest.sampled(), digest.success_rate(), digest.average()), (0, None, None));
        assert_eq!((digest.min(), digest.max(), digest.quantile(0.99)), (None, None, None));
        let failed = Digest::of(vec![sample(0, 1, false)]);
        assert_eq!((failed.sampled(), failed.success_rate(), failed.average()), (1, Some(0.0), None));
    }

    #[test]
    fn of_several_targets_the_last_hundred_count() {
        let old = (0..100).map(|_| sample(9_000, 1, true));
        let new = (1..=80).map(|took| sample(took, 2, took <= 60));
        let digest = Digest::of(new.chain(old).collect());
        assert_eq!((digest.sampled(), digest.success_rate()), (100, Some(0.8)));
        assert_eq!((digest.min(), digest.max()), (Some(ms(1)), Some(ms(9_000))));
        assert_eq!((digest.quantile(0.5), digest.quantile(0.75)), (Some(ms(40)), Some(ms(60))));
        let digest = Digest::of((1..=4).map(|took| sample(took, 1, true)).collect());
        assert_eq!(digest.average(), Some(Duration::from_micros(2500)));
        assert_eq!((digest.quantile(0.5), digest.quantile(0.99)), (Some(ms(2)), Some(ms(4))));
    }
}
