//! What may befall a node, and what it answers then.

use std::time::Duration;

use routing::health::Fault;
use routing::{Moment, Rng};

/// What is wrong with a node for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No connection: a port that is closed.
    Refuses,
    /// No connection: packets that nobody answers.
    Unreachable,
    /// The connection breaks before the answer.
    Resets,
    /// 503 to everything.
    Fails,
    /// 500 to three of ten.
    FailsAtTimes,
    /// Answers, after seconds.
    Slow,
    /// Refuses, answers, refuses …
    Flaps,
    /// 429, and how long to wait, if it says so.
    Busy(Option<Duration>),
    /// Does not take our key, the only one there is.
    RefusesKey,
    /// Takes the request and says nothing.
    Silent,
}

/// What one who is asked does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// `None` where nothing ever comes.
    pub(crate) after: Option<Duration>,
    /// `None` where it is an answer.
    pub(crate) fault: Option<Fault>,
}

/// A trouble of some nodes from one moment to another.
#[derive(Clone, Debug)]
pub(crate) struct Spell {
    pub(crate) nodes: Vec<usize>,
    pub(crate) trouble: Trouble,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
}

/// Until one who is remembered to be very slow is asked again.
const FORGIVEN: Duration = Duration::from_secs(23);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
const FLAP: Duration = Duration::from_millis(1500);

impl Trouble {
    pub(crate) fn any(rng: &mut Rng) -> Self {
        match rng.below(10) {
            0 => Self::Refuses,
            1 => Self::Unreachable,
            2 => Self::Resets,
            3 => Self::Fails,
            4 => Self::FailsAtTimes,
            5 => Self::Slow,
            6 => Self::Flaps,
            7 => Self::Busy((rng.below(2) == 0).then(|| Duration::from_millis(500 + rng.below(4500) as u64))),
            8 => Self::RefusesKey,
            _ => Self::Silent,
        }
    }

    /// How long it is felt after it has passed: by those who asked before, and by how slow he is remembered to be.
    pub(crate) fn echo(self, limit: Duration) -> Duration {
        match self {
            Self::Silent => limit + FORGIVEN,
            Self::Slow => FORGIVEN,
            Self::Unreachable => CONNECT_LIMIT,
            Self::Busy(wait) => wait.unwrap_or(Duration::from_secs(1)),
            _ => Duration::ZERO,
        }
    }

    /// What is answered `passed` after it began by one who answers after `pace` when he is well.
    pub(crate) fn reply(self, passed: Duration, pace: Duration, rng: &mut Rng) -> Reply {
        let fault = |fault, millis| Reply { after: Some(Duration::from_millis(millis)), fault: Some(fault) };
        let answer = |after| Reply { after: Some(after), fault: None };
        match self {
            Self::Refuses => fault(Fault::Unreachable, 0),
            Self::Unreachable => fault(Fault::Unreachable, CONNECT_LIMIT.as_millis() as u64),
            Self::Resets => fault(Fault::Broken, 1),
            Self::Fails => fault(Fault::Failed, 2),
            Self::FailsAtTimes if rng.below(10) < 3 => fault(Fault::Failed, 2),
            Self::FailsAtTimes => answer(pace),
            Self::Slow => answer(Duration::from_millis(1000 + rng.below(2000) as u64)),
            Self::Flaps if (passed.as_millis() / FLAP.as_millis()).is_multiple_of(2) => {
                fault(Fault::Unreachable, 0)
            }
            Self::Flaps => answer(pace),
            Self::Busy(wait) => fault(Fault::Busy { wait }, 1),
            Self::RefusesKey => fault(Fault::Refused, 1),
            Self::Silent => Reply { after: None, fault: Some(Fault::Silent) },
        }
    }
}
