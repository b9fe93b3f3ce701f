//! How long before the same target is asked again.

use std::time::Duration;

use crate::rng::Rng;

/// How the waits grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackoffForm {
    /// Doubled each time; anything from nothing up to that, so that callers do not come back together.
    #[default]
    Exponential,
    /// The same again each time; the last half of it by chance.
    Linear,
    /// As the two before together; the last half of it by chance.
    Fibonacci,
}

/// The waits between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// How they grow.
    pub form: BackoffForm,
    /// The first one.
    pub base: Duration,
    /// The longest one.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { form: BackoffForm::default(), base: Duration::from_millis(100), max: Duration::from_secs(5) }
    }
}

impl Backoff {
    /// The wait before the attempt that follows so many failed ones.
    pub fn after(&self, failed: u32, rng: &mut Rng) -> Duration {
        let number = failed.max(1);
        let longest = match self.form {
            BackoffForm::Exponential => {
                self.base.saturating_mul(1_u32.checked_shl(number - 1).unwrap_or(u32::MAX))
            }
            BackoffForm::Linear => self.base.saturating_mul(number),
            BackoffForm::Fibonacci => self.base.saturating_mul(fibonacci(number)),
        };
        let longest = longest.min(self.max);
        match self.form {
            BackoffForm::Exponential => longest.mul_f64(rng.fraction()),
            BackoffForm::Linear | BackoffForm::Fibonacci => longest.mul_f64(0.5 + 0.5 * rng.fraction()),
        }
    }
}

/// 1, 1, 2, 3, 5 …
fn fibonacci(number: u32) -> u32 {
    let (mut last, mut next) = (0_u32, 1_u32);
    for _ in 0..number {
        (last, next) = (next, last.saturating_add(next));
    }
    last
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, BackoffForm};
    use crate::rng::Rng;

    #[test]
    fn waits_grow_as_their_form_says_and_stay_within_it() {
        let check = |form, longest_ms: [u64; 6], least: f64| {
            let backoff = Backoff { form, base: Duration::from_millis(100), max: Duration::from_millis(600) };
            let mut rng = Rng::new(5);
            for (failed, longest) in (1..).zip(longest_ms) {
                let waits: Vec<f64> =
                    (0..500).map(|_| backoff.after(failed, &mut rng).as_secs_f64() * 1000.0).collect();
                let (low, high) = (longest as f64 * least, longest as f64);
                assert!(waits.iter().all(|wait| (low..=high).contains(wait)), "{form:?} {failed}");
                let (min, max) =
                    waits.iter().fold((f64::MAX, 0_f64), |(a, b), wait| (a.min(*wait), b.max(*wait)));
                assert!(max > high * 0.97 && min < low + high * 0.03, "{form:?} {failed}: all of it is used");
            }
        };
        check(BackoffForm::Exponential, [100, 200, 400, 600, 600, 600], 0.0);
        check(BackoffForm::Linear, [100, 200, 300, 400, 500, 600], 0.5);
        check(BackoffForm::Fibonacci, [100, 100, 200, 300, 500, 600], 0.5);
    }

    #[test]
    fn very_many_failures_do_not_run_over() {
        for form in [BackoffForm::Exponential, BackoffForm::Linear, BackoffForm::Fibonacci] {
            let backoff = Backoff { form, ..Backoff::default() };
            assert!(backoff.after(u32::MAX >> 20, &mut Rng::new(1)) <= backoff.max);
        }
    }
}
