//! What probes find out about a line that nobody asks: whether anybody is there. Probing is done elsewhere.
//!
//! A probe asks for something that costs nothing, so it proves less than a call: who does not answer it is not there, but who
//! answers may still fail every call. So it never makes anybody well; and a call that was answered counts for more. Who says
//! that he has failed is there all the same, and his calls may go well: he gets less, not nothing.

use std::time::Duration;

use super::paid_probes::PaidRules;
use super::table::Reach;
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
    /// So many failed probes in a row, and a line counts as doubtful; so many without any answer, and as unreachable.
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
    /// An answer that says that it has failed.
    Failed,
    /// A connection, but no answer.
    Silent,
}

/// What the probes of one line have found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probing {
    /// Probes since the last good answer, …
    failed: u32,
    /// … and since the last answer of any kind.
    unanswered: u32,
    /// It has answered a probe before: one that never did may only not know the question.
    has_answered: bool,
}

impl Probing {
    /// Takes in what a probe found; says how the line stands now, `Unknown` if there is nothing to say.
    pub fn found(&mut self, probed: Probed, rules: &ProbeRules) -> Reach {
        if probed == Probed::Answered {
            *self = Self { has_answered: true, ..Self::default() };
            return Reach::Answering;
        }
        match probed {
            // Somebody is there again, and nobody knows whether he knows the question.
            Probed::Failed if !self.has_answered => self.call_answered(),
            Probed::Failed => (self.failed, self.unanswered) = (self.failed.saturating_add(1), 0),
            Probed::Silent if !self.has_answered => {}
            Probed::Silent | Probed::Unreachable | Probed::Answered => {
                self.failed = self.failed.saturating_add(1);
                self.unanswered = self.unanswered.saturating_add(1);
            }
        }
        match rules.failures {
            failures if self.unanswered >= failures => Reach::Unreachable,
            failures if self.failed >= failures => Reach::Doubtful,
            _ => Reach::Unknown,
        }
    }

    /// A call was answered: that proves more than a probe. Where a probe has failed meanwhile the question is no measure of
    /// this line, until it is answered again.
    pub fn call_answered(&mut self) {
        self.has_answered &= self.failed == 0;
        (self.failed, self.unanswered) = (0, 0);
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
    use crate::health::Reach;
    use crate::rng::Rng;

    fn found(probes: &[Probed]) -> Vec<Reach> {
        let mut probing = Probing::default();
        probes.iter().map(|probed| probing.found(*probed, &ProbeRules::default())).collect()
    }

    #[test]
    fn two_in_a_row_make_a_line_unreachable_and_one_answer_undoes_it() {
        use Probed::{Answered, Unreachable};
        assert_eq!(
            found(&[Unreachable, Unreachable, Answered, Unreachable]),
            [Reach::Unknown, Reach::Unreachable, Reach::Answering, Reach::Unknown]
        );
    }

    #[test]
    fn who_never_answered_a_probe_may_only_not_know_the_question() {
        use Probed::{Answered, Failed, Silent};
        for silent_or_not in [Failed, Silent] {
            assert_eq!(found(&[silent_or_not; 4]), [Reach::Unknown; 4]);
        }
        assert_eq!(found(&[Answered, Silent, Silent])[1..], [Reach::Unknown, Reach::Unreachable]);
    }

    #[test]
    fn who_answers_that_he_has_failed_is_there_and_only_doubtful() {
        use Probed::{Answered, Failed, Silent, Unreachable};
        assert_eq!(found(&[Answered, Failed, Failed])[1..], [Reach::Unknown, Reach::Doubtful]);
        assert_eq!(
            found(&[Answered, Failed, Silent, Unreachable, Failed, Silent, Answered])[1..],
            [
                Reach::Unknown,
                Reach::Doubtful,
                Reach::Unreachable,
                Reach::Doubtful,
                Reach::Doubtful,
                Reach::Answering
            ],
            "it takes two without any answer in a row, and one is enough to undo it"
        );
        assert_eq!(
            found(&[Unreachable, Unreachable, Failed])[1..],
            [Reach::Unreachable, Reach::Unknown],
            "somebody is there who may only not know the question"
        );
    }

    #[test]
    fn whose_calls_are_answered_while_probes_fail_is_doubted_no_more_for_that_question() {
        use Probed::{Answered, Failed, Silent, Unreachable};
        for unanswered in [Failed, Silent] {
            let (rules, mut probing) = (ProbeRules::default(), Probing::default());
            probing.found(Answered, &rules);
            probing.call_answered();
            probing.found(unanswered, &rules);
            probing.call_answered();
            let found = [unanswered; 4].map(|probed| probing.found(probed, &rules));
            assert_eq!(found, [Reach::Unknown; 4], "calls go well without the question");
            assert_eq!(
                [Unreachable; 2].map(|probed| probing.found(probed, &rules))[1],
                Reach::Unreachable,
                "nobody is there, whatever he knows"
            );
            probing.found(Answered, &rules);
            let found = [unanswered; 2].map(|probed| probing.found(probed, &rules));
            assert_ne!(found[1], Reach::Unknown, "it knows the question again");
        }
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
