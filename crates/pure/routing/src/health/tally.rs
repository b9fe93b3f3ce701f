//! How often what went wrong with somebody.

use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::{FAULTS, Fault, HELD_AGAINST};

/// One count for each kind of fault.
#[derive(Debug, Default)]
pub(crate) struct Tally([AtomicU64; FAULTS]);

impl Tally {
    pub(crate) fn note(&self, fault: Fault) {
        self.0[fault.place()].fetch_add(1, Ordering::Relaxed);
    }

    /// Of all that is held against him.
    pub(crate) fn failed(&self) -> u64 {
        self.0[..HELD_AGAINST].iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// What has happened at all, by name.
    pub(crate) fn all(&self) -> Vec<(&'static str, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed)).enumerate();
        counts.filter(|(_, count)| *count > 0).map(|(place, count)| (Fault::name_at(place), count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use crate::health::Fault;

    #[test]
    fn what_is_about_the_key_or_the_request_is_counted_and_not_held_against_anybody() {
        let tally = Tally::default();
        for fault in
            [Fault::Silent, Fault::Busy { wait: None }, Fault::Silent, Fault::Refused, Fault::TooLong]
        {
            tally.note(fault);
        }
        assert_eq!(tally.failed(), 3);
        assert_eq!(tally.all(), [("busy", 1), ("silent", 2), ("refused", 1), ("too_long", 1)]);
    }
}
