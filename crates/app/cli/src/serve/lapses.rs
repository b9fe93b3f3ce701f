//! When gifts are looked through whose time is over: as soon as the first of them ends, and again where some could not be taken back.

use std::time::Duration;

use domain::Timestamp;
use observe::{Level, Log};
use store::{Database, Ledger};
use tokio::time::Instant;

/// How long it is waited where something could not be taken back, as calls hold it.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);
/// How often the clock is looked at while a gift is to end: it may have been set.
const CLOCK_INTERVAL: Duration = Duration::from_secs(5);

/// What is known of the next gift to end.
#[derive(Debug)]
pub(super) struct Lapses {
    next: Option<Timestamp>,
    again_at: Option<Instant>,
}

impl Lapses {
    /// What lapsed while no process ran is taken back at once.
    pub(super) fn new() -> Self {
        Self { next: None, again_at: Some(Instant::now()) }
    }

    /// Gifts have begun, of which the first ends then.
    pub(super) fn note(&mut self, lapses_at: Option<Timestamp>) {
        self.next = self.next.into_iter().chain(lapses_at).min();
    }

    /// How long nothing can be due.
    pub(super) fn pause(&self, longest: Duration) -> Duration {
        let again = self.again_at.map_or(longest, |at| at.saturating_duration_since(Instant::now()));
        let clock = if self.next.is_some() { CLOCK_INTERVAL } else { longest };
        longest.min(again).min(clock)
    }

    /// Takes back what is left of gifts whose time is over, if that is due.
    pub(super) async fn look(&mut self, ledger: &Ledger, database: &Database, now: Timestamp, log: &Log) {
        if !self.is_due(now) {
            return;
        }
        match ledger.expire_lapsed(database, now).await {
            Ok(0) => {}
            Ok(gifts) => {
                log.event(Level::Info, "gifts whose time is over were taken back", &[("gifts", &gifts)]);
            }
            Err(error) => {
                let reason = [("reason", &error as &dyn std::fmt::Display)];
                log.event(Level::Warn, "gifts whose time is over stay; it is tried again", &reason);
            }
        }
        match ledger.next_lapse(database).await {
            Ok(next) => {
                self.next = next.filter(|next| *next > now);
                self.again_at = (next != self.next).then(|| Instant::now() + RETRY_INTERVAL);
            }
            // Who cannot be asked is asked again.
            Err(_) => self.again_at = Some(Instant::now() + RETRY_INTERVAL),
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.next.is_some_and(|next| next <= now) || self.again_at.is_some_and(|at| at <= Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Timestamp;
    use tokio::time::Instant;

    use super::{CLOCK_INTERVAL, Lapses};

    #[test]
    fn it_is_looked_when_the_first_gift_ends_and_where_the_clock_may_have_been_set() {
        let longest = Duration::from_secs(600);
        let mut lapses = Lapses::new();
        assert!(lapses.is_due(Timestamp(0)) && lapses.pause(longest).is_zero());
        lapses.again_at = None;
        assert!(!lapses.is_due(Timestamp(i64::MAX)), "no gift ends");
        assert_eq!(lapses.pause(longest), longest);
        for noted in [None, Some(Timestamp(70)), Some(Timestamp(50)), Some(Timestamp(60)), None] {
            lapses.note(noted);
        }
        assert!(!lapses.is_due(Timestamp(49)) && lapses.is_due(Timestamp(50)));
        assert_eq!(lapses.pause(longest), CLOCK_INTERVAL);
        lapses.again_at = Some(Instant::now() + Duration::from_secs(1));
        assert!(lapses.pause(longest) <= Duration::from_secs(1));
    }
}
