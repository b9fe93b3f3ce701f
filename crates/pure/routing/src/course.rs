//! The course of one call through its plan: who is asked next, whether it is tried again after a failure, and when. One owner
//! of all that: nothing else repeats a request.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::entry::Attempt;
use crate::health::{Fault, Health, NotNow, Standing, Switch, TargetHealth, Trying, Waiting};
use crate::moment::Moment;
use crate::overload::Gate;
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
    /// Somebody who may be asked had no room when he was wanted last.
    is_held_up: bool,
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

/// Whom a turn may fall to.
#[derive(Clone, Copy)]
struct Pick {
    /// Also to one who is not well.
    takes_unwell: bool,
    /// He has waited for room: nobody waits before him.
    has_waited: bool,
    /// Only to one who is well beyond doubt: not to be tried, nor in trouble.
    is_careful: bool,
    /// Only to one of this step.
    step: Option<u16>,
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
            is_held_up: false,
            plan,
        }
    }

    /// The plan it follows.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whose turn it is: the first who is well and has room; where nobody is well, the first who is not busy. `None` also
    /// where it has to wait for room: then it is held up.
    pub fn next(&mut self, health: &Health, asked: &str, now: Moment) -> Option<Turn> {
        self.next_of(health, asked, false, now)
    }

    /// The same for one who has waited, and goes before those who come anew.
    pub fn next_after_wait(&mut self, health: &Health, asked: &str, now: Moment) -> Option<Turn> {
        self.next_of(health, asked, true, now)
    }

    /// Whether it found nobody because those who may be asked have no room.
    pub const fn is_held_up(&self) -> bool {
        self.is_held_up
    }

    /// The gates at which it waits.
    pub fn full_gates(&self, health: &Health, asked: &str, now: Moment) -> Vec<Arc<Gate>> {
        let mut gates: Vec<Arc<Gate>> = Vec::new();
        for takes_unwell in [false, true] {
            for attempt in &self.waiting {
                let target = self.plan.target(attempt.place);
                if is_off(health, target, asked) {
                    continue;
                }
                let target_health = health.target(target, asked);
                if !takes(target_health, health, takes_unwell, now) && !target_health.refuses_more(now) {
                    continue;
                }
                for gate in target_health.full_gates(&health.bounds(target), now) {
                    if !gates.iter().any(|known| Arc::ptr_eq(known, gate)) {
                        gates.push(gate.clone());
                    }
                }
            }
            if !gates.is_empty() {
                break;
            }
        }
        gates
    }

    /// How soon the first of those that are left may be asked again, where they have asked for patience.
    pub fn busy_for(&self, health: &Health, asked: &str, now: Moment) -> Option<Duration> {
        let waits = self.waiting.iter().filter_map(|attempt| {
            match health.target(self.plan.target(attempt.place), asked).standing(&health.rules, now) {
                Standing::Open { until, is_busy: true } => Some(until.since(now)),
                Standing::OnTrial { is_busy: true } | Standing::Trial => Some(Duration::ZERO),
                _ => None,
            }
        });
        waits.min()
    }

    fn next_of(&mut self, health: &Health, asked: &str, has_waited: bool, now: Moment) -> Option<Turn> {
        self.is_held_up = false;
        if self.attempts_left == 0 {
            return None;
        }
        let of_all = Pick { takes_unwell: false, has_waited, is_careful: false, step: None };
        let turn = self.take(health, asked, now, of_all);
        // Better wait for one who is well than ask one who is not.
        if turn.is_some() || self.is_held_up {
            return turn;
        }
        self.take(health, asked, now, Pick { takes_unwell: true, ..of_all })
    }

    /// Who may be connected to beside one whose connection is late: the first who is well, of `step` if that is given.
    pub fn beside(&mut self, step: Option<u16>, health: &Health, asked: &str, now: Moment) -> Option<Turn> {
        let pick = Pick { takes_unwell: false, has_waited: false, is_careful: false, step };
        self.take(health, asked, now, pick)
    }

    /// Who may be asked beside one who has not answered yet: the first who is well beyond doubt and has room, if both may be
    /// asked. He is never who is asked already: whose turn it was is no longer among those who wait.
    pub fn second(&mut self, health: &Health, asked: &str, now: Moment) -> Option<Turn> {
        if self.attempts_left < 2 {
            return None;
        }
        self.take(
            health,
            asked,
            now,
            Pick { takes_unwell: false, has_waited: false, is_careful: true, step: None },
        )
    }

    /// Of two who were asked beside each other the one at `place` has failed: the other's attempt is what follows.
    pub fn fell(&mut self, place: usize, fault: Fault) {
        if matches!(fault, Fault::Unreachable | Fault::Unheard) && self.replacements_left > 0 {
            self.was_replaced();
        } else {
            self.spend(place, fault);
        }
    }

    /// Of two who were asked beside each other the one at `place` was sent away, because the other has begun to answer. Nothing
    /// speaks against asking him, should that answer come to nothing.
    pub fn was_outrun(&mut self, place: usize) {
        self.attempts_left = self.attempts_left.saturating_sub(1);
        self.push_front(place);
    }

    /// Puts back one whose turn it was and who was told nothing, because another was connected to sooner. He is the next.
    pub fn give_back(&mut self, place: usize, step: u16) {
        self.waiting.push_front(Attempt { place, step, is_last_resort: false });
    }

    /// One could not be reached, and another's turn has begun already.
    pub const fn was_replaced(&mut self) {
        self.replacements_left = self.replacements_left.saturating_sub(1);
    }

    fn take(&mut self, health: &Health, asked: &str, now: Moment, pick: Pick) -> Option<Turn> {
        for place in 0..self.waiting.len() {
            let attempt = self.waiting[place];
            if pick.step.is_some_and(|step| step != attempt.step) {
                continue;
            }
            let target = self.plan.target(attempt.place);
            let (way, model) = (health.way(target), health.place(target, asked));
            let is_aside = rests(health, target, now)
                || way.key.is_used_up(model, now)
                || way.is_unreachable(now)
                || way.model(model).is_unknown(now);
            if is_aside && !pick.takes_unwell || is_off(health, target, asked) {
                continue;
            }
            let target_health = way.model(model);
            if pick.is_careful && !is_beyond_doubt(target_health, health, now) {
                continue;
            }
            if !takes(target_health, health, pick.takes_unwell, now) {
                self.is_held_up |= target_health.refuses_more(now);
                continue;
            }
            match target_health.begin(&health.rules, &health.bounds(target), pick.has_waited, now) {
                Ok(trying) => {
                    self.waiting.remove(place);
                    let behind = self.waiting.len().min(self.attempts_left.saturating_sub(1)) as u32;
                    return Some(Turn { place: attempt.place, step: attempt.step, behind, trying });
                }
                Err(NotNow::Full) => self.is_held_up = true,
                Err(NotNow::OnTrial) => {}
            }
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
        // Whoever is asked now would be cut off at once, and be thought to have failed.
        if circumstances.now >= circumstances.deadline {
            self.spend(place, fault);
            return Onward::Stop(Stopped::Deadline);
        }
        match fault {
            Fault::Refused if self.has_other_key(place, circumstances) => {
                self.rotations_left -= 1;
                return Onward::Next;
            }
            // Nothing of it came about, as far as anybody can tell.
            Fault::Unreachable | Fault::Unheard if self.replacements_left > 0 && !self.waiting.is_empty() => {
                self.replacements_left -= 1;
                return Onward::Next;
            }
            _ => {}
        }
        self.spend(place, fault);
        if is_about_the_request(fault) {
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

    /// One attempt has failed, and so those who would say the same need not be asked.
    fn spend(&mut self, place: usize, fault: Fault) {
        self.attempts_left = self.attempts_left.saturating_sub(1);
        self.failed += 1;
        if fault == Fault::TooLong {
            self.leave_out_small_contexts(place);
        }
        match fault {
            Fault::TooLong | Fault::Declined => self.leave_out_same_model(place),
            Fault::UnknownModel => self.put_same_model_behind(place),
            _ => {}
        }
    }

    /// Whether another model may be asked after the one at `place`, whose turn it is.
    pub fn has_other_model(&self, place: usize) -> bool {
        self.attempts_left > 1
            && self.waiting.iter().any(|attempt| is_other_model(&self.plan, attempt, place))
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
        // Where there are several, all of whom ask for patience, waiting for one of them would not be an answer at once,
        // unless he serves others and will soon have room.
        let target_health = circumstances.health.target(self.plan.target(place), circumstances.asked);
        let has_others = self.plan.route.targets.len() > 1;
        let is_busy = matches!(fault, Fault::Busy { .. });
        if is_busy && has_others && !target_health.refuses_more(circumstances.now) {
            return Onward::Stop(Stopped::NobodyLeft);
        }
        if let Fault::Busy { wait: Some(asked) } = fault {
            wait = asked.max(wait);
            if wait > circumstances.rules.wait_max {
                return Onward::Stop(Stopped::Deadline);
            }
            // One waits, to find out; all others are told when to come back.
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
        let plan = &self.plan;
        self.waiting.retain(|attempt| is_other_model(plan, attempt, place));
    }

    /// Another line or key of who does not know a model may know it, but whoever is somebody else more likely does.
    fn put_same_model_behind(&mut self, place: usize) {
        let (plan, failed) = (&self.plan, self.plan.target(place));
        self.waiting.make_contiguous().sort_by_key(|attempt| {
            let target = plan.target(attempt.place);
            (target.provider, &target.model) == (failed.provider, &failed.model)
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

/// Whether another model would be asked than by the target at `place`.
fn is_other_model(plan: &Plan, attempt: &Attempt, place: usize) -> bool {
    let (target, asked) = (plan.target(attempt.place), plan.target(place));
    target.provider != asked.provider || target.model != asked.model
}

/// Whether it says nothing of how he is doing: his model cannot, or will not, do this one.
const fn is_about_the_request(fault: Fault) -> bool {
    matches!(fault, Fault::TooLong | Fault::Declined | Fault::UnknownModel)
}

fn is_beyond_doubt(target: &Arc<TargetHealth>, health: &Health, now: Moment) -> bool {
    matches!(target.standing(&health.rules, now), Standing::Closed { .. })
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
