//! Asking a second one beside the first, who is late. Whoever begins to answer first is heard, the other is sent away. It costs a
//! second bill, so it is for the few answers that take longer than nearly all do. Doing it is not decided here.

use std::time::Duration;

/// The time that this part of a target's answers did not exceed is what it usually takes.
pub(crate) const LATE_PART: f64 = 0.95;

/// When a second one is asked for calls of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hedge {
    /// After so long; `None` as soon as the first is later than he usually is.
    pub after: Option<Duration>,
}

/// When a second one is asked for any call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HedgeRules {
    /// Not before this, however fast the first usually is.
    pub after_min: Duration,
}

impl Default for HedgeRules {
    fn default() -> Self {
        Self { after_min: Duration::from_millis(50) }
    }
}

impl Hedge {
    /// How long the first is waited for; `late_after` is when he is later than he usually is. `None` while nobody knows.
    pub fn after(self, late_after: Option<Duration>, rules: HedgeRules) -> Option<Duration> {
        Some(self.after.or(late_after)?.max(rules.after_min))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Hedge, HedgeRules};

    #[test]
    fn who_is_not_known_is_not_late_and_nobody_is_at_once() {
        let ms = |count| Some(Duration::from_millis(count));
        let rules = HedgeRules::default();
        assert_eq!(Hedge::default().after(None, rules), None);
        assert_eq!(Hedge::default().after(ms(900), rules), ms(900));
        assert_eq!(Hedge::default().after(ms(3), rules), ms(50));
        assert_eq!(Hedge { after: ms(400) }.after(ms(900), rules), ms(400));
        assert_eq!(Hedge { after: ms(400) }.after(None, rules), ms(400));
    }
}
