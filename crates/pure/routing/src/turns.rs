//! Whose turn it is: the order of a plan while it is worked off. A target whose key rests waits behind the others, and a key
//! that is put aside costs none of the attempts, so that the next key of its provider is still asked.

use std::collections::VecDeque;

use crate::plan::{Plan, Reason};
use crate::routes::Target;

/// So many keys of one call may be put aside without costing an attempt.
const ROTATIONS_MAX: u32 = 16;

/// What is left of a plan.
#[derive(Clone, Debug)]
pub struct Turns {
    targets: VecDeque<Target>,
    attempts_left: usize,
    rotations_left: u32,
}

impl Turns {
    /// The turns of a plan: its attempts, and behind them those for whom there was no room.
    pub fn of(plan: Plan) -> Self {
        let attempts_left = plan.attempts.len();
        let waiting =
            plan.passed_over.into_iter().filter(|passed| passed.reason == Reason::BeyondAttemptsMax);
        let targets = plan.attempts.into_iter().map(|attempt| attempt.target);
        let targets = targets.chain(waiting.map(|passed| passed.target)).collect();
        Self { targets, attempts_left, rotations_left: ROTATIONS_MAX }
    }

    /// Who is asked next: the first whose key does not rest, else the first.
    pub fn next(&mut self, rests: impl Fn(&Target) -> bool) -> Option<Target> {
        self.attempts_left = self.attempts_left.checked_sub(1)?;
        let place = self.targets.iter().position(|target| !rests(target)).unwrap_or(0);
        self.targets.remove(place)
    }

    /// The key of a target was put aside: where its provider has another, the attempt is not counted.
    pub fn put_aside(&mut self, asked: &Target, rests: impl Fn(&Target) -> bool) {
        let has_other = self.targets.iter().any(|target| target.provider == asked.provider && !rests(target));
        if has_other && let Some(left) = self.rotations_left.checked_sub(1) {
            self.rotations_left = left;
            self.attempts_left += 1;
        }
    }

    /// How many more may be asked.
    pub fn left(&self) -> usize {
        self.attempts_left.min(self.targets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;
    use crate::routes::Target;
    use crate::{Ask, RoutesBuilder, plan};

    /// Places of lines, in the order in which they are asked; `resting` rest from the start, `refused` once they are asked.
    fn asked(lines: u16, attempts_max: usize, resting: &[u16], refused: &[u16]) -> Vec<u16> {
        let mut builder = RoutesBuilder::default();
        builder.provider("local", 0, lines, Some(&["m".to_owned()]));
        let ask = Ask { model: "m", is_streaming: false };
        let mut turns = Turns::of(plan(&builder.build(), &ask, attempts_max, |_| true).unwrap());
        let (mut aside, mut order) = (resting.to_vec(), Vec::new());
        while let Some(target) = turns.next(|target: &Target| aside.contains(&target.line)) {
            order.push(target.line);
            if refused.contains(&target.line) {
                aside.push(target.line);
                turns.put_aside(&target, |target| aside.contains(&target.line));
            }
        }
        order
    }

    #[test]
    fn keys_that_rest_wait_behind_the_others() {
        assert_eq!(asked(3, 3, &[], &[]), [0, 1, 2]);
        assert_eq!(asked(3, 3, &[0], &[]), [1, 2, 0]);
        assert_eq!(asked(3, 1, &[0, 1], &[]), [2]);
        assert_eq!(asked(2, 2, &[0, 1], &[]), [0, 1], "who has no other key is asked all the same");
    }

    #[test]
    fn a_refused_key_costs_no_attempt_while_there_is_another() {
        assert_eq!(asked(4, 1, &[], &[0, 1, 2]), [0, 1, 2, 3]);
        assert_eq!(asked(2, 1, &[], &[0, 1]), [0, 1], "the last one's refusal is an attempt");
        assert_eq!(asked(40, 1, &[], &(0..40).collect::<Vec<_>>()).len(), 17, "and not without end");
    }
}
