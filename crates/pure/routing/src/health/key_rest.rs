//! How long a provider's key is left alone after it was refused or told to wait, and one model with it after its provider
//! has said that nothing more is left of a limit. Nothing is forbidden by that: a key that rests is asked only after the others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::model_places::MODELS_MAX;
use crate::moment::Moment;

/// When one key may be asked again; shared by all lines with that key.
#[derive(Debug)]
pub struct KeyRest {
    /// Microseconds of the gateway's clock; 0 where it does not rest.
    until: AtomicU64,
    /// The same of each model's rate limit.
    used_up_until: [AtomicU64; MODELS_MAX],
}

impl Default for KeyRest {
    fn default() -> Self {
        Self { until: AtomicU64::new(0), used_up_until: [const { AtomicU64::new(0) }; MODELS_MAX] }
    }
}

impl KeyRest {
    /// Whether it is left alone now.
    pub fn is_on(&self, now: Moment) -> bool {
        self.until.load(Ordering::Relaxed) > now.micros()
    }

    /// How much longer.
    pub fn left(&self, now: Moment) -> Duration {
        Moment::from_micros(self.until.load(Ordering::Relaxed)).since(now)
    }

    /// Leaves it alone for so long.
    pub fn begin(&self, pause: Duration, now: Moment) {
        self.until.store((now + pause).micros(), Ordering::Relaxed);
    }

    /// Whether nothing is left of a rate limit of the model at this place, by its provider's word.
    pub(crate) fn is_used_up(&self, model: usize, now: Moment) -> bool {
        self.used_up_until[model].load(Ordering::Relaxed) > now.micros()
    }

    /// How much longer.
    pub(crate) fn used_up_for(&self, model: usize, now: Moment) -> Duration {
        Moment::from_micros(self.used_up_until[model].load(Ordering::Relaxed)).since(now)
    }

    /// Nothing is left for so long. What was said before of a longer time stays.
    pub fn used_up(&self, model: usize, wait: Duration, now: Moment) {
        self.used_up_until[model].fetch_max((now + wait).micros(), Ordering::Relaxed);
    }

    /// It has worked.
    pub fn end(&self) {
        if self.until.load(Ordering::Relaxed) != 0 {
            self.until.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::KeyRest;
    use crate::moment::Moment;

    #[test]
    fn a_rest_ends_by_time_or_by_success() {
        let rest = KeyRest::default();
        let at = |seconds| Moment::after_start(Duration::from_secs(seconds));
        assert!(!rest.is_on(at(0)));
        rest.begin(Duration::from_secs(60), at(5));
        assert!(rest.is_on(at(64)) && !rest.is_on(at(65)));
        assert_eq!(rest.left(at(25)), Duration::from_secs(40));
        rest.end();
        assert!(!rest.is_on(at(6)));
        rest.begin(Duration::ZERO, at(7));
        assert!(!rest.is_on(at(7)));
    }
    #[test]
    fn a_limit_that_is_used_up_is_one_models_and_ends_by_time_alone() {
        let rest = KeyRest::default();
        let at = |seconds| Moment::after_start(Duration::from_secs(seconds));
        rest.used_up(3, Duration::from_secs(20), at(5));
        rest.used_up(3, Duration::from_secs(1), at(5));
        rest.end();
        assert!(rest.is_used_up(3, at(24)) && !rest.is_used_up(3, at(25)));
        assert_eq!(rest.used_up_for(3, at(10)), Duration::from_secs(15));
        assert!(!rest.is_used_up(4, at(10)) && !rest.is_on(at(10)));
    }
}
