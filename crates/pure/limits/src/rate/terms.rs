//! What limits say: how much of each measure, and what happens where it is reached.

use std::time::Duration;

use super::measure::{Measure, Of};

/// Seconds' worth of a rate that may come at once, at most.
pub const BURST_SECONDS_MAX: u64 = 60;
/// How long anybody may wait, at most.
pub const QUEUE_WAIT_MS_MAX: u64 = 600_000;
/// How long somebody waits unless it is said.
pub const QUEUE_WAIT_DEFAULT: Duration = Duration::from_secs(5);

/// What happens where a limit is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnLimit {
    /// The call is refused.
    #[default]
    Refuse,
    /// The call goes on, and its caller is warned.
    Warn,
    /// The call waits its turn for so long, and is refused then. What no time changes is refused at once.
    Queue(Duration),
}

/// The same without how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenReached {
    /// The call is refused.
    #[default]
    Refuse,
    /// Its caller is warned.
    Warn,
    /// It waits.
    Queue,
}

/// A bundle of limits. At least one is in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    amounts: [Option<u64>; Measure::ALL.len()],
    /// Seconds' worth of each rate that may come at once; nothing: a little, so that a minute's sum is met.
    burst_seconds: Option<u64>,
    on_limit: OnLimit,
}

/// Why a wish is no bundle of limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TermsError {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl WhenReached {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Refuse, Self::Warn, Self::Queue];

    /// As written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Warn => "warn",
            Self::Queue => "queue",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl OnLimit {
    /// The same without how long.
    pub const fn when_reached(self) -> WhenReached {
        match self {
            Self::Refuse => WhenReached::Refuse,
            Self::Warn => WhenReached::Warn,
            Self::Queue(_) => WhenReached::Queue,
        }
    }

    /// How long somebody waits, if he does.
    pub const fn wait(self) -> Option<Duration> {
        match self {
            Self::Queue(wait) => Some(wait),
            Self::Refuse | Self::Warn => None,
        }
    }
}

impl Terms {
    /// What is said, if it can be.
    pub fn of(
        amounts: impl IntoIterator<Item = (Measure, u64)>,
        burst_seconds: Option<u64>,
        (when, queue_wait_ms): (WhenReached, Option<u64>),
    ) -> Result<Self, TermsError> {
        let mut kept = [None; Measure::ALL.len()];
        for (measure, amount) in amounts {
            if amount == 0 || amount > measure.amount_max() {
                let most = measure.amount_max();
                return Err(refused(measure.name(), format!("is {amount}; it must be from 1 to {most}")));
            }
            kept[measure.place()] = Some(amount);
        }
        if kept.iter().all(Option::is_none) {
            let names = Measure::ALL.map(Measure::name).join(", ");
            return Err(TermsError {
                field: "limits",
                message: format!("nothing is limited; say at least one of {names}"),
            });
        }
        if let Some(seconds) = burst_seconds.filter(|it| !(1..=BURST_SECONDS_MAX).contains(it)) {
            return Err(refused(
                "burst_seconds",
                format!("is {seconds}; it must be from 1 to {BURST_SECONDS_MAX}"),
            ));
        }
        let terms = Self { amounts: kept, burst_seconds, on_limit: on_limit(when, queue_wait_ms)? };
        let is_queueable = terms.iter().any(|(measure, _)| measure.of() != Of::Size);
        if when == WhenReached::Queue && !is_queueable {
            return Err(refused(
                "on_limit",
                "is queue, but only sizes are limited, which no waiting changes",
            ));
        }
        Ok(terms)
    }

    /// How much of a measure, if it is limited.
    pub const fn amount(&self, measure: Measure) -> Option<u64> {
        self.amounts[measure.place()]
    }

    /// Every measure that is limited.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, u64)> {
        Measure::ALL.into_iter().filter_map(|measure| Some((measure, self.amount(measure)?)))
    }

    /// Seconds' worth of each rate that may come at once, if it is said.
    pub const fn burst_seconds(&self) -> Option<u64> {
        self.burst_seconds
    }

    /// What happens where one of them is reached.
    pub const fn on_limit(&self) -> OnLimit {
        self.on_limit
    }
}

fn on_limit(when: WhenReached, queue_wait_ms: Option<u64>) -> Result<OnLimit, TermsError> {
    match (when, queue_wait_ms) {
        (WhenReached::Refuse, None) => Ok(OnLimit::Refuse),
        (WhenReached::Warn, None) => Ok(OnLimit::Warn),
        (WhenReached::Queue, None) => Ok(OnLimit::Queue(QUEUE_WAIT_DEFAULT)),
        (WhenReached::Queue, Some(ms)) if (1..=QUEUE_WAIT_MS_MAX).contains(&ms) => {
            Ok(OnLimit::Queue(Duration::from_millis(ms)))
        }
        (WhenReached::Queue, Some(ms)) => {
            Err(refused("queue_wait_ms", format!("is {ms}; it must be from 1 to {QUEUE_WAIT_MS_MAX}")))
        }
        (when, Some(_)) => Err(refused(
            "queue_wait_ms",
            format!("is for those who wait, and on_limit is {}; say on_limit: queue", when.name()),
        )),
    }
}

fn refused(field: &'static str, why: impl std::fmt::Display) -> TermsError {
    TermsError { field, message: format!("{field} {why}") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{OnLimit, Terms, WhenReached};
    use crate::rate::Measure;

    const REFUSE: (WhenReached, Option<u64>) = (WhenReached::Refuse, None);

    #[test]
    fn what_cannot_be_is_refused_by_its_field() {
        let check = |amounts: &[(Measure, u64)], burst, end, field: &str, words: &str| {
            let error = Terms::of(amounts.iter().copied(), burst, end).unwrap_err();
            assert_eq!(error.field, field, "{error}");
            assert!(error.message.contains(words), "{error}");
        };
        for measure in Measure::ALL {
            let most = measure.amount_max().to_string();
            check(&[(measure, 0)], None, REFUSE, measure.name(), "is 0; it must be from 1");
            check(&[(measure, u64::MAX)], None, REFUSE, measure.name(), &most);
            assert!(Terms::of([(measure, measure.amount_max())], None, REFUSE).is_ok());
        }
        let rate = [(Measure::RequestsPerMinute, 60)];
        check(&[], None, REFUSE, "limits", "say at least one of requests_per_second");
        check(&rate, Some(0), REFUSE, "burst_seconds", "from 1 to 60");
        check(&rate, Some(61), REFUSE, "burst_seconds", "is 61");
        check(&rate, None, (WhenReached::Queue, Some(0)), "queue_wait_ms", "from 1 to 600000");
        check(&rate, None, (WhenReached::Warn, Some(5)), "queue_wait_ms", "on_limit is warn");
        check(&[(Measure::BodyBytes, 5)], None, (WhenReached::Queue, None), "on_limit", "only sizes");
    }

    #[test]
    fn what_is_said_is_kept() {
        let amounts = [(Measure::TokensPerMinute, 7), (Measure::RequestsPerSecond, 3)];
        let terms = Terms::of(amounts, Some(9), (WhenReached::Queue, Some(20))).unwrap();
        let all: Vec<_> = terms.iter().collect();
        assert_eq!(all, [(Measure::RequestsPerSecond, 3), (Measure::TokensPerMinute, 7)]);
        assert_eq!(terms.amount(Measure::BodyBytes), None);
        assert_eq!(terms.burst_seconds(), Some(9));
        assert_eq!(terms.on_limit(), OnLimit::Queue(Duration::from_millis(20)));
    }
}
