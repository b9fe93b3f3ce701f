//! The course of one call through its plan: who is asked next, whether it is tried again after a failure, and when. One owner
//! of all that: nothing else repeats a request.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::entry::Attempt;
use crate::health::{Fault, Health, Standing, Switch, TargetHealth, Trying, Waiting};
use crate::moment::Moment;
use crate::plan::Plan;
use crate::retry::{RetryBudget, RetryRules};
use crate::rng::Rng;
use crate::target::Target;

/// What is left of a plan.
#[derive(Debug)]
pub struct Course {
    plan: Plan,
    waiting: VecDeque<Attempt>,
    attempts_left: usize,
    replacements_left: u32,
    rotations_left: u32,
    /// Attempts that failed at a provider.
    failed: u32,
    /// How often somebody may yet be asked a second time.
    repeats_left: u32,
    /// One was asked a second time before another model was.
    has_repeated: bool,
    /// Those whose context is not larger than this are not asked.
    context_above: Option<u64>,
}

/// Somebody's turn to be asked.
#[derive(Debug)]
pub struct Turn {
    /// His place in the route.
    pub place: usize,
    /// The step of the chain he belongs to.
    pub step: u16,
    /// How many others may be asked after him.
    pub behind: u32,
    /// Counts as under way until it is dropped, and wants to be told how it went.
    pub trying: Trying,
}

/// What the next step depends on.
#[derive(Debug)]
pub struct Circumstances<'a> {
    /// How everybody is doing.
    pub health: &'a Health,
    /// How attempts follow each other.
    pub rules: &'a RetryRules,
    /// What all calls together may spend.
    pub budget: &'a RetryBudget,
    /// The model's name as the caller wrote it.
    pub asked: &'a str,
    /// When patience ends.
    pub deadline: Moment,
    /// The present.
    pub now: Moment,
}

/// What follows a failure.
#[derive(Debug)]
pub enum Onward {
    /// The next one, at once.
    Next,
    /// The next one, after this time. Whoever waits for somebody's word keeps his place until the guard is dropped.
    Wait(Duration, Option<Waiting>),
    /// Nobody else.
    Stop(Stopped),
}

/// Why nobody else is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// All that may be asked were asked.
    AttemptsUsed,
    /// Nobody is left who could do better.
    NobodyLeft,
    /// All calls together have tried again often enough.
    BudgetUsed,
    /// There is no time left for another.
    Deadline,
}

impl Course {
    /// The course of a plan.
    pub fn of(plan: Plan, rules: &RetryRules) -> Self {
        Self {
            waiting: plan.order.iter().copied().collect(),
            attempts_left: plan.attempts_max,
            replacements_left: rules.replacements_max,
            rotations_left: rules.rotations_max,
            failed: 0,
            repeats_left: rules.repeats_max,
            has_repeated: false,
            context_above: None,
            plan,
        }
    }

    /// The plan it follows.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whose turn it is: the first who is well; where nobody is, the first who is not busy.
    pub fn next(&mut self, health: &Health, asked: &str, now: Moment) -> Option<Turn> {
        if self.attempts_left == 0 {
            return None;
        }
        let well = self.take(health, asked, now, false, None);
        well.or_else(|| self.take(health, asked, now, true, None))
    }

    /// Who may be connected to beside one whose connection is late: the first who is well, of `step` if that is given.
    pub fn beside(&mut self, step: Option<u16>, health: &Health, asked: &str, now: Moment) -> Option<Turn> {
        self.take(health, asked, now, false, step)
    }

    /// Puts back one whose turn it was and who was told nothing, because another was connected to sooner. He is the next.
    pub fn give_back(&mut self, place: usize, step: u16) {
        self.waiting.push_front(Attempt { place, step, is_last_resort: false });
    }

    /// One could not be reached, and another's turn has begun already.
    pub const fn was_replaced(&mut self) {
        self.replacements_left = self.replacements_left.saturating_sub(1);
    }

    fn take(
        &mut self,
        health: &Health,
        asked: &str,
        now: Moment,
        takes_unwell: bool,
        step: Option<u16>,
    ) -> Option<Turn> {
        for place in 0..self.waiting.len() {
            let attempt = self.waiting[place];
            if step.is_some_and(|step| step != attempt.step) {
                continue;
            }
            let target = self.plan.target(attempt.place);
            let is_aside = rests(health, target, now) || health.way(target).is_unreachable();
            if is_aside && !takes_unwell || is_off(health, target, asked) {
                continue;
            }
            let target_health = health.target(target, asked);
            if !takes(target_health, health, takes_unwell, now) {
                continue;
            }
            let Some(trying) = target_health.begin(&health.rules, now) else { continue };
            self.waiting.remove(place);
            let behind = self.waiting.len().min(self.attempts_left.saturating_sub(1)) as u32;
            return Some(Turn { place: attempt.place, step: attempt.step, behind, trying });
        }
        None
    }

    /// What follows the failure of the one at `place`.
    pub fn failed(
        &mut self,
        place: usize,
        fault: Fault,
        circumstances: &Circumstances<'_>,
        rng: &mut Rng,
    ) -> Onward {
        match fault {
            Fault::Refused if self.has_other_key(place, circumstances) => {
                self.rotations_left -= 1;
                return Onward::Next;
            }
            Fault::Unreachable if self.replacements_left > 0 && !self.waiting.is_empty() => {
                self.replacements_left -= 1;
                return Onward::Next;
            }
            _ => {}
        }
        self.attempts_left -= 1;
        self.failed += 1;
        if matches!(fault, Fault::TooLong | Fault::Declined) {
            if fault == Fault::TooLong {
                self.leave_out_small_contexts(place);
            }
            self.leave_out_same_model(place);
            return if self.waiting.is_empty() {
                Onward::Stop(Stopped::NobodyLeft)
            } else {
                self.onward_at_once()
            };
        }
        if self.attempts_left == 0 {
            return Onward::Stop(Stopped::AttemptsUsed);
        }
        let is_worth_repeating =
            matches!(fault, Fault::Failed | Fault::Broken | Fault::Unreachable | Fault::Busy { .. });
        if self.waiting.is_empty() {
            return if is_worth_repeating && self.repeats_left > 0 {
                self.repeat(place, fault, circumstances, rng)
            } else {
                Onward::Stop(Stopped::NobodyLeft)
            };
        }
        if !circumstances.budget.take(circumstances.now) {
            return Onward::Stop(Stopped::BudgetUsed);
        }
        if self.was_a_slip(place, fault, circumstances) {
            self.has_repeated = true;
            self.repeats_left -= 1;
            self.push_front(place);
        }
        Onward::Next
    }

    /// How many may yet be asked.
    pub fn left(&self) -> usize {
        self.attempts_left.min(self.waiting.len())
    }

    fn onward_at_once(&self) -> Onward {
        if self.attempts_left == 0 { Onward::Stop(Stopped::AttemptsUsed) } else { Onward::Next }
    }

    /// Whether the next in order belongs to another step, and the one who failed does so for the first time: before another
    /// model answers, he may show that it was nothing.
    fn was_a_slip(&self, place: usize, fault: Fault, circumstances: &Circumstances<'_>) -> bool {
        let next = self.waiting.front();
        let step = self.step_of(place);
        let target_health = circumstances.health.target(self.plan.target(place), circumstances.asked);
        matches!(fault, Fault::Failed | Fault::Broken)
            && !self.has_repeated
            && self.repeats_left > 0
            && self.attempts_left > 1
            && next.is_some_and(|next| Some(next.step) != step)
            && target_health.run() <= 1
    }

    /// Asks the same one again, later.
    fn repeat(
        &mut self,
        place: usize,
        fault: Fault,
        circumstances: &Circumstances<'_>,
        rng: &mut Rng,
    ) -> Onward {
        let mut wait = circumstances.rules.backoff.after(self.failed, rng);
        let mut waiting = None;
        // Where there are several, all of whom ask for patience, waiting for one of them would not be an answer at once.
        if matches!(fault, Fault::Busy { .. }) && self.plan.route.targets.len() > 1 {
            return Onward::Stop(Stopped::NobodyLeft);
        }
        if let Fault::Busy { wait: Some(asked) } = fault {
            wait = asked.max(wait);
            if wait > circumstances.rules.wait_max {
                return Onward::Stop(Stopped::Deadline);
            }
            // One waits, to find out; all others are told when to come back.
            let target_health = circumstances.health.target(self.plan.target(place), circumstances.asked);
            waiting = target_health.wait();
            if waiting.is_none() {
                return Onward::Stop(Stopped::NobodyLeft);
            }
        }
        if circumstances.now + wait + circumstances.rules.worth_min > circumstances.deadline {
            return Onward::Stop(Stopped::Deadline);
        }
        if !circumstances.budget.take(circumstances.now) {
            return Onward::Stop(Stopped::BudgetUsed);
        }
        self.repeats_left -= 1;
        self.push_front(place);
        Onward::Wait(wait, waiting)
    }

    fn push_front(&mut self, place: usize) {
        let step = self.step_of(place).unwrap_or_default();
        self.waiting.push_front(Attempt { place, step, is_last_resort: false });
    }

    fn step_of(&self, place: usize) -> Option<u16> {
        self.plan.route.tiers.iter().find(|tier| tier.targets.contains(&place)).map(|tier| tier.step)
    }

    fn has_other_key(&self, place: usize, circumstances: &Circumstances<'_>) -> bool {
        let provider = self.plan.target(place).provider;
        self.rotations_left > 0
            && circumstances.health.providers[usize::from(provider)].has_other_keys
            && self.waiting.iter().any(|attempt| {
                let target = self.plan.target(attempt.place);
                target.provider == provider && !rests(circumstances.health, target, circumstances.now)
            })
    }

    /// The same model says the same by every way.
    fn leave_out_same_model(&mut self, place: usize) {
        let (plan, failed) = (&self.plan, self.plan.target(place));
        self.waiting.retain(|attempt| {
            let target = plan.target(attempt.place);
            target.provider != failed.provider || target.model != failed.model
        });
    }

    /// Who holds no more than the one for whom it was too long need not be asked.
    fn leave_out_small_contexts(&mut self, place: usize) {
        let (plan, failed) = (&self.plan, self.plan.target(place));
        self.context_above = self.context_above.max(failed.context_tokens);
        let above = self.context_above;
        self.waiting.retain(|attempt| match (plan.target(attempt.place).context_tokens, above) {
            (Some(tokens), Some(above)) => tokens > above,
            _ => true,
        });
    }
}

fn rests(health: &Health, target: &Target, now: Moment) -> bool {
    health.providers[usize::from(target.provider)].has_other_keys && health.way(target).key.is_on(now)
}

/// Whether an operator has taken him out since the plan was made. Who is only let run out may end what he has begun.
fn is_off(health: &Health, target: &Target, asked: &str) -> bool {
    health.way(target).switch(target.model.as_deref().unwrap_or(asked)) == Switch::Off
}

/// Whether he may be asked as he stands now, which may not be how he stood when the plan was made.
fn takes(target: &Arc<TargetHealth>, health: &Health, takes_unwell: bool, now: Moment) -> bool {
    match target.standing(&health.rules, now) {
        Standing::Closed { .. } | Standing::Troubled | Standing::Trial => true,
        Standing::Open { is_busy, .. } | Standing::OnTrial { is_busy } => takes_unwell && !is_busy,
    }
}
