//! How long a provider's key is left alone after it was refused or told to wait. Nothing is forbidden by that: a key that
//! rests is asked only after the others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::moment::Moment;

/// When one key may be asked again; shared by all lines with that key.
#[derive(Debug, Default)]
pub struct KeyRest {
    /// Microseconds of the gateway's clock; 0 where it does not rest.
    until: AtomicU64,
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
}
