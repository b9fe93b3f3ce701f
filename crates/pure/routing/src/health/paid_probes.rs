//! Probes that cost something: whom they are for, and how many a day may have. Asking is done elsewhere.

use std::time::Duration;

use super::breaker::Standing;
use crate::moment::Moment;

const DAY: Duration = Duration::from_secs(86_400);

/// When a target is asked one token, and what that may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidRules {
    /// How often one is asked that no call has asked meanwhile.
    pub every: Duration,
    /// How often one that is left alone.
    pub every_ejected: Duration,
    /// So many in a day.
    pub per_day_max: u32,
    /// What those may cost together whose price is known, in billionths.
    pub nanos_per_day_max: u64,
}

impl Default for PaidRules {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(3600),
            every_ejected: Duration::from_secs(60),
            per_day_max: 100,
            nanos_per_day_max: 50_000_000,
        }
    }
}

impl PaidRules {
    /// How often one who stands so is asked; `None` where he is not: he asked for patience, or is being tried.
    pub const fn every(&self, standing: Standing) -> Option<Duration> {
        match standing {
            Standing::Closed { .. } | Standing::Troubled => Some(self.every),
            Standing::Open { is_busy: false, .. } | Standing::Trial => Some(self.every_ejected),
            Standing::Open { is_busy: true, .. } | Standing::OnTrial { .. } => None,
        }
    }
}

/// What a day has cost so far. It begins with the first probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DaySpend {
    began: Option<Moment>,
    /// How many there were.
    pub probes: u32,
    /// What those cost whose price is known, in billionths.
    pub nanos: u64,
}

impl DaySpend {
    /// Takes one more if it fits into the day.
    pub fn take(&mut self, rules: &PaidRules, cost_nanos: Option<u64>, now: Moment) -> bool {
        if self.began.is_none_or(|began| now.since(began) >= DAY) {
            *self = Self { began: Some(now), ..Self::default() };
        }
        let nanos = self.nanos.saturating_add(cost_nanos.unwrap_or(0));
        if self.probes >= rules.per_day_max || nanos > rules.nanos_per_day_max {
            return false;
        }
        (self.probes, self.nanos) = (self.probes + 1, nanos);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DaySpend, PaidRules};
    use crate::moment::Moment;

    fn at(hours: u64) -> Moment {
        Moment::after_start(Duration::from_secs(3600 * hours))
    }

    #[test]
    fn a_day_has_so_many_and_the_next_begins_anew() {
        let rules = PaidRules { per_day_max: 2, ..PaidRules::default() };
        let mut spend = DaySpend::default();
        let taken = [5, 6, 28, 29, 30, 31].map(|hours| spend.take(&rules, None, at(hours)));
        assert_eq!(taken, [true, true, false, true, true, false]);
    }

    #[test]
    fn what_is_known_to_cost_too_much_is_not_asked() {
        let rules = PaidRules { nanos_per_day_max: 10, ..PaidRules::default() };
        let mut spend = DaySpend::default();
        let taken = [Some(6), Some(5), Some(4), Some(1), None].map(|cost| spend.take(&rules, cost, at(1)));
        assert_eq!(taken, [true, false, true, false, true]);
        assert_eq!((spend.probes, spend.nanos), (3, 10));
    }
}
