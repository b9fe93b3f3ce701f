//! One call on its way through its plan.

use std::time::Duration;

use routing::health::{Fault, Trying, Waiting};
use routing::{Course, Moment};

/// A call that has not ended.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) deadline: Moment,
    /// Nothing before it was planned.
    pub(crate) course: Option<Course>,
    pub(crate) asked: Vec<usize>,
    pub(crate) attempt: Option<Attempt>,
    /// One who is asked beside him.
    pub(crate) beside: Option<Attempt>,
    pub(crate) has_hedged: bool,
    /// It waits until it may ask again.
    pub(crate) waiting: Option<Waiting>,
    /// Those who could not be reached and were replaced.
    pub(crate) replaced: u32,
    /// Attempts that were no replacement.
    pub(crate) counted: usize,
}

/// What is under way.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// No other has it.
    pub(crate) number: u64,
    pub(crate) place: usize,
    pub(crate) began: Moment,
    pub(crate) trying: Trying,
    pub(crate) took: Duration,
    pub(crate) fault: Option<Fault>,
    /// It holds the one trial there is.
    pub(crate) is_trial: bool,
}

impl Caller {
    pub(crate) fn new(came: Moment, limit: Duration) -> Self {
        Self {
            deadline: came + limit,
            course: None,
            asked: Vec::new(),
            attempt: None,
            beside: None,
            has_hedged: false,
            waiting: None,
            replaced: 0,
            counted: 0,
        }
    }
}

impl Caller {
    /// The attempt of this number, if it is still under way, and whether another is beside it.
    pub(crate) fn take(&mut self, number: u64) -> Option<Attempt> {
        let is_it = |attempt: &mut Attempt| attempt.number == number;
        let found = self.attempt.take_if(is_it).or_else(|| self.beside.take_if(is_it));
        // Whoever is left is the only one.
        self.attempt = self.attempt.take().or_else(|| self.beside.take());
        found
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Answered,
    /// Everybody asks for patience: told at once.
    Refused,
    /// Nobody had room until the deadline.
    Shed,
    /// The budget for second attempts was used up.
    OutOfBudget,
    /// Nobody gave an answer.
    Failed,
}
