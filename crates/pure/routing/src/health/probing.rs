//! What probes find out about a line that nobody asks: whether anybody is there. Probing is done elsewhere.
//!
//! A probe asks for something that costs nothing, so it proves less than a call: who does not answer it is not there, but who
//! answers may still fail every call. So it never makes anybody well; and a call that was answered counts for more.

use std::time::Duration;

use super::paid_probes::PaidRules;
use crate::rng::Rng;

/// When lines are probed, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeRules {
    /// How often a line is probed that nobody asks; `None` for never.
    pub every: Option<Duration>,
    /// How often one that does not answer, or whose targets are left alone.
    pub every_failing: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// So many failed probes in a row, and a line counts as unreachable.
    pub failures: u32,
    /// Probes that cost something; `None` for none.
    pub paid: Option<PaidRules>,
}

impl Default for ProbeRules {
    fn default() -> Self {
        Self {
            every: Some(Duration::from_secs(30)),
            every_failing: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            failures: 2,
            paid: None,
        }
    }
}

/// What one probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// Somebody answered, whatever he said.
    Answered,
    /// No connection came about.
    Unreachable,
    /// A connection, but no answer, or one that says that it has failed.
    Failed,
}

/// What the probes of one line have found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probing {
    /// Failed probes since somebody answered last.
    failed: u32,
    /// It has answered a probe before: one that never did may only not know the question.
    has_answered: bool,
}

impl Probing {
    /// Takes in what a probe found; says whether the line counts as unreachable now.
    pub fn found(&mut self, probed: Probed, rules: &ProbeRules) -> bool {
        match probed {
            Probed::Answered => *self = Self { failed: 0, has_answered: true },
            Probed::Unreachable => self.failed = self.failed.saturating_add(1),
            Probed::Failed if self.has_answered => self.failed = self.failed.saturating_add(1),
            Probed::Failed => {}
        }
        self.failed >= rules.failures
    }

    /// A call was answered: that proves more than a probe.
    pub fn call_answered(&mut self) {
        self.failed = 0;
    }

    /// How long until the next one; `None` if there is none. Not quite the same for all, so that they do not ask at once.
    pub fn wait(&self, is_any_left_alone: bool, rules: &ProbeRules, rng: &mut Rng) -> Option<Duration> {
        let every = rules.every?;
        let wait = if self.failed > 0 || is_any_left_alone { rules.every_failing.min(every) } else { every };
        Some(wait.mul_f64(0.8 + 0.4 * rng.fraction()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ProbeRules, Probed, Probing};
    use crate::rng::Rng;

    fn found(probes: &[Probed]) -> Vec<bool> {
        let mut probing = Probing::default();
        probes.iter().map(|probed| probing.found(*probed, &ProbeRules::default())).collect()
    }

    #[test]
    fn two_in_a_row_make_a_line_unreachable_and_one_answer_undoes_it() {
        use Probed::{Answered, Unreachable};
        assert_eq!(found(&[Unreachable, Unreachable, Answered, Unreachable]), [false, true, false, false]);
    }

    #[test]
    fn who_never_answered_a_probe_may_only_not_know_the_question() {
        use Probed::{Answered, Failed};
        assert_eq!(found(&[Failed; 4]), [false; 4]);
        assert_eq!(found(&[Answered, Failed, Failed]), [false, false, true]);
    }

    #[test]
    fn who_does_not_answer_is_probed_more_often_and_nobody_in_step() {
        let (rules, mut rng, mut probing) = (ProbeRules::default(), Rng::new(1), Probing::default());
        let waits: Vec<Duration> = (0..50).map(|_| probing.wait(false, &rules, &mut rng).unwrap()).collect();
        assert!(waits.iter().all(|wait| (24.0..36.0).contains(&wait.as_secs_f64())));
        assert!(waits.windows(2).any(|pair| pair[0] != pair[1]));
        assert!(probing.wait(true, &rules, &mut rng).unwrap() < Duration::from_secs(3));
        probing.found(Probed::Unreachable, &rules);
        assert!(probing.wait(false, &rules, &mut rng).unwrap() < Duration::from_secs(3));
        probing.call_answered();
        assert!(probing.wait(false, &rules, &mut rng).unwrap() > Duration::from_secs(3));
        assert_eq!(probing.wait(false, &ProbeRules { every: None, ..rules }, &mut rng), None);
    }
}
