//! The virtual clock: what happens when, and who of the callers goes on next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use routing::health::{Fault, Health, How, Outcome, Standing};
use routing::{
    Ask, Circumstances, Course, Hedge, HedgeRules, Moment, NoTarget, Onward, Policy, RetryBudget, RetryRules,
    Rng, Routes, Situation, Stopped, Target, Turn, plan, span_of,
};

use crate::caller::{Attempt, Caller, End};
use crate::fleet::{Fleet, MODEL};
use crate::promises::{Allowance, Begin, Promises};

const MS: Duration = Duration::from_millis(1);
/// A target is not silent before this.
const SILENCE_MIN: Duration = Duration::from_secs(1);
/// The most patience a caller has.
const LIMIT_MAX: Duration = Duration::from_secs(10);
/// When somebody is asked beside another at the earliest.
const HEDGES: HedgeRules = HedgeRules { after_min: Duration::from_millis(5) };
/// How often one who waits for room looks for it.
const QUEUE_STEP: Duration = Duration::from_millis(20);
/// So long after the last trouble, beside the time that one was left alone: three good trials and the slow return.
const RECOVERY: Duration = Duration::from_secs(20);
/// For so long it is looked at who gets what, once all is well.
const LOOK: Duration = Duration::from_secs(8);
/// Calls a second while all recovers, and while it is looked at.
const CALM_RATE: f64 = 10.0;
const LOOK_RATE: f64 = 20.0;
/// Whose part is so many calls is never left without any, where chance gives them out.
const SURE_PART: f64 = 16.0;

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Comes,
    Plans(usize),
    Asks(usize),
    /// What the attempt of this number comes to.
    Hears(usize, u64),
    /// The attempt of this number is late.
    IsLate(usize, u64),
    /// An answer that began has ended.
    Goes(usize),
}

#[derive(Debug)]
pub(crate) struct World {
    fleet: Fleet,
    routes: Routes,
    health: Health,
    rules: RetryRules,
    budget: RetryBudget,
    /// When somebody is asked beside who is late, if at all.
    hedge: Option<Hedge>,
    hedge_budget: RetryBudget,
    /// The core's chance and the fleet's are apart.
    core: Rng,
    rng: Rng,
    now: Moment,
    agenda: BinaryHeap<Reverse<(Moment, u64, Step)>>,
    noted: u64,
    callers: Vec<Option<Caller>>,
    promises: Promises,
    attempts_max: usize,
    limit: Duration,
    rate: f64,
    healed: Moment,
    recovered: Moment,
    /// First choices of those who came after all was well.
    firsts: Vec<u32>,
    /// Calls for which the first of all had no room, by what his refusals have taught.
    beside_full: u32,
}

impl World {
    pub(crate) fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1));
        let mut fleet = Fleet::any(&mut rng);
        let rate = [5.0, 20.0, 80.0, 300.0][rng.below(4)];
        let calm = Duration::from_secs_f64(40.0 / rate);
        let mut healed = Moment::after_start(calm);
        let began = healed;
        for _ in 0..1 + rng.below(2) {
            let lasts = Duration::from_secs_f64((0.3 + 0.7 * rng.fraction()) * 120.0 / rate);
            fleet.befall(healed, healed + lasts, &mut rng);
            healed = healed + lasts;
        }
        let rules = RetryRules::default();
        let limit = LIMIT_MAX.mul_f64(0.2 + 0.8 * rng.fraction());
        let echo = fleet.spells.iter().map(|spell| spell.trouble.echo(limit)).max().unwrap_or_default();
        // Openings double: the last one is no longer than all the time before it, and a bit.
        let open = (healed.since(began) + echo).saturating_mul(2) + Duration::from_secs(2);
        let recovered = healed + echo + open.min(Duration::from_secs(30)) + RECOVERY;
        let (routes, health) = fleet.routes();
        let allowance = if rng.below(2) == 0 {
            Allowance { percent: 20, per_second: 10 }
        } else {
            Allowance { percent: rng.below(30) as u32, per_second: rng.below(4) as u32 }
        };
        let attempts_max = 1 + rng.below(4);
        let hedge = match rng.below(4) {
            0 | 1 => None,
            2 => Some(Hedge { after: None }),
            _ => Some(Hedge { after: Some(MS * (1 + rng.below(100) as u32)) }),
        };
        let hedge_percent = [0, 3, 30, 100][rng.below(4)];
        let nodes = fleet.nodes.len();
        let mut promises = Promises::new(nodes, attempts_max, rules.replacements_max, allowance);
        promises.hedge_percent = hedge_percent;
        promises.are_few_hit = fleet.ever_hit() < attempts_max.min(nodes);
        Self {
            budget: RetryBudget::new(allowance.percent, allowance.per_second),
            hedge,
            hedge_budget: RetryBudget::of_hedges(hedge_percent),
            core: Rng::new(seed),
            now: Moment::default(),
            agenda: BinaryHeap::new(),
            noted: 0,
            callers: Vec::new(),
            firsts: vec![0; nodes],
            beside_full: 0,
            fleet,
            routes,
            health,
            rules,
            rng,
            promises,
            attempts_max,
            limit,
            rate,
            healed,
            recovered,
        }
    }

    /// Plays it to its end; `Err` says what was broken.
    pub(crate) fn play(&mut self) -> Result<(), String> {
        self.note(Duration::ZERO, Step::Comes);
        while let Some(Reverse((moment, _, step))) = self.agenda.pop() {
            self.now = moment;
            match step {
                Step::Comes => self.comes(),
                Step::Plans(caller) => self.plans(caller),
                Step::Asks(caller) => self.asks(caller),
                Step::Hears(caller, attempt) => self.hears(caller, attempt),
                Step::IsLate(caller, attempt) => self.is_late(caller, attempt),
                Step::Goes(caller) => self.callers[caller] = None,
            }
            if self.promises.broken.is_some() {
                break;
            }
        }
        if self.promises.broken.is_none() {
            self.is_as_before();
        }
        self.promises.broken.take().map_or(Ok(()), |what| Err(format!("{what}\n{}", self.scene())))
    }

    /// What can be compared between two plays of the same seed.
    pub(crate) fn figures(&self) -> (u64, u64, u64, &[u32]) {
        let Promises { calls, answered, attempts, .. } = self.promises;
        (calls, answered, attempts, &self.firsts)
    }

    fn scene(&self) -> String {
        let Fleet { nodes, policies, spells } = &self.fleet;
        let shape: Vec<(usize, u16, u32)> =
            nodes.iter().map(|node| (node.region, node.step, node.weight)).collect();
        format!(
            "  nodes (region, step, weight): {shape:?}; {policies:?}; {} attempts; {:?}; {} calls a second\n  {spells:?}\n  \
             well again {:?}, looked at from {:?}",
            self.attempts_max, self.promises.allowance, self.rate, self.healed, self.recovered
        )
    }

    fn note(&mut self, wait: Duration, step: Step) {
        self.noted += 1;
        self.agenda.push(Reverse((self.now + wait, self.noted, step)));
    }

    /// A moment for another worker to do something in between.
    fn soon(&mut self) -> Duration {
        Duration::from_micros(self.rng.below(300) as u64)
    }

    fn comes(&mut self) {
        let rate = if self.now > self.recovered {
            LOOK_RATE
        } else if self.now > self.healed + Duration::from_secs(1) {
            CALM_RATE
        } else {
            self.rate
        };
        let next = Duration::from_secs_f64(2.0 * self.rng.fraction() / rate);
        if self.now + next < self.recovered + LOOK {
            self.note(next, Step::Comes);
        }
        let caller = self.callers.len();
        self.callers.push(Some(Caller::new(self.now, self.limit)));
        self.promises.calls += 1;
        self.budget.call();
        if self.hedge.is_some() {
            self.hedge_budget.call();
        }
        let soon = self.soon();
        self.note(soon, Step::Plans(caller));
    }

    fn plans(&mut self, number: usize) {
        let bond = self.rng.next();
        let bond = || Some(bond);
        let ask = Ask { bond: &bond, ..Ask::of(MODEL, true) };
        let Self { routes, health, attempts_max, now, .. } = self;
        let situation = Situation { routes, health, attempts_max: *attempts_max, now: *now };
        match plan(&situation, &ask, |_| None, &mut self.core) {
            Ok(plan) => {
                self.promises.planned(plan.order.len(), &self.standings(), self.now);
                if self.now > self.recovered {
                    self.firsts[plan.order[0].place] += 1;
                    self.beside_full += u32::from(plan.order[0].place > 0 && self.is_full(plan.target(0)));
                }
                self.caller(number).course = Some(Course::of(plan, &self.rules));
                let soon = self.soon();
                self.note(soon, Step::Asks(number));
            }
            Err(NoTarget::Busy { .. }) => self.ends(number, End::Refused),
            Err(other) => {
                let now = self.now;
                self.promises.must(false, now, || format!("nobody to ask: {other:?}"));
            }
        }
    }

    fn asks(&mut self, number: usize) {
        let before = self.standings();
        let Self { callers, health, now, .. } = self;
        let caller = callers[number].as_mut().expect("it has not gone");
        caller.waiting = None;
        let course = caller.course.as_mut().expect("it was planned");
        let Some(turn) = course.next(health, MODEL, *now) else {
            let is_held_up = course.is_held_up();
            if is_held_up && *now + QUEUE_STEP < caller.deadline {
                return self.note(QUEUE_STEP, Step::Asks(number));
            }
            return self.ends(number, if is_held_up { End::Shed } else { End::Failed });
        };
        let is_other_well = course.plan().order.iter().any(|attempt| {
            let standing = before[attempt.place];
            attempt.place != turn.place
                && !caller.asked.contains(&attempt.place)
                && matches!(standing, Standing::Closed { .. } | Standing::Troubled)
        });
        let begin = Begin { place: turn.place, standing: before[turn.place], is_other_well, now: *now };
        let late_after = health.late_after(course.plan().target(turn.place), MODEL, true);
        let is_trial = self.promises.begins(caller, begin);
        let (behind, attempt) = (turn.behind, self.attempt(number, turn, is_trial));
        let (serial, took) = (attempt.number, attempt.took);
        let caller = self.caller(number);
        caller.attempt = Some(attempt);
        let may_hedge = behind > 0 && !caller.has_hedged;
        self.note(took, Step::Hears(number, serial));
        let after = self.hedge.filter(|_| may_hedge).and_then(|hedge| hedge.after(late_after, HEDGES));
        if let Some(after) = after.filter(|after| *after < took) {
            self.note(after, Step::IsLate(number, serial));
        }
    }

    /// An attempt at whoever has the turn, and what will come of it.
    fn attempt(&mut self, number: usize, turn: Turn, is_trial: bool) -> Attempt {
        let Self { callers, health, now, .. } = self;
        let caller = callers[number].as_mut().expect("it has not gone");
        let course = caller.course.as_ref().expect("it was planned");
        let unusual = health.unusual_after(course.plan().target(turn.place), MODEL, true, SILENCE_MIN);
        caller.asked.push(turn.place);
        let left = caller.deadline.since(*now);
        let limit = span_of(left, turn.behind, None, unusual).limit;
        let reply = self.fleet.reply(turn.place, *now, &mut self.rng);
        let (took, fault) = match reply.after.filter(|after| *after < limit) {
            Some(after) => (after, reply.fault),
            // A connection that does not come about is no silence, however long it takes.
            None if reply.fault == Some(Fault::Unreachable) => (limit, reply.fault),
            None => (limit, Some(Fault::Silent)),
        };
        let (number, began) = (self.promises.attempts, *now);
        Attempt { number, place: turn.place, began, trying: turn.trying, took, fault, is_trial }
    }

    /// Somebody else is asked beside one who has not answered yet, if there is money and anybody to ask.
    fn is_late(&mut self, number: usize, attempt: u64) {
        let before = self.standings();
        let Self { callers, health, now, hedge_budget, promises, .. } = self;
        let Some(caller) = callers[number].as_mut() else { return };
        if caller.attempt.as_ref().is_none_or(|first| first.number != attempt) || !hedge_budget.take(*now) {
            return;
        }
        let course = caller.course.as_mut().expect("it was planned");
        let Some(turn) = course.second(health, MODEL, *now) else { return hedge_budget.put_back() };
        let (place, standing) = (turn.place, before[turn.place]);
        promises.hedges(caller, Begin { place, standing, is_other_well: false, now: *now });
        caller.has_hedged = true;
        let attempt = self.attempt(number, turn, false);
        let (serial, took) = (attempt.number, attempt.took);
        self.caller(number).beside = Some(attempt);
        self.note(took, Step::Hears(number, serial));
    }

    /// Another has answered: he is told no longer to.
    fn sent_away(&mut self, number: usize, other: Attempt) {
        let course = self.caller(number).course.as_mut().expect("it was planned");
        course.was_outrun(other.place);
        let how = How { took: self.now.since(other.began), is_streaming: true, now: self.now };
        if other.is_trial {
            self.promises.trial_ends(other.place);
        }
        other.trying.was_outrun(how);
    }

    fn hears(&mut self, number: usize, attempt: u64) {
        let now = self.now;
        // Who was sent away is heard by nobody.
        let Some(caller) = self.callers[number].as_mut() else { return };
        let Some(mut attempt) = caller.take(attempt) else { return };
        let (place, fault) = (attempt.place, attempt.fault);
        let is_tried = !attempt.is_trial
            && matches!(
                self.health
                    .target(caller.course.as_ref().expect("planned").plan().target(place), MODEL)
                    .standing(&self.health.rules, now),
                Standing::OnTrial { .. }
            );
        let outcome = fault.map_or(Outcome::Answered, Outcome::Fault);
        attempt.trying.ended(outcome, How { took: attempt.took, is_streaming: true, now });
        let target = caller.course.as_ref().expect("planned").plan().target(place);
        let standing = self.health.target(target, MODEL).standing(&self.health.rules, now);
        // Where others were answered in the meantime, nobody needs to find out any more.
        if attempt.is_trial || matches!(standing, Standing::Closed { .. } | Standing::Troubled) {
            self.promises.trial_ends(place);
        }
        self.promises.told(place, fault, is_tried, now);
        let Some(fault) = fault else {
            let other = self.caller(number).attempt.replace(attempt);
            if let Some(other) = other {
                self.sent_away(number, other);
            }
            return self.answered(number);
        };
        drop(attempt);
        if self.caller(number).attempt.is_some() {
            return self.falls(number, place, fault);
        }
        self.goes_on(number, place, fault);
    }

    fn answered(&mut self, number: usize) {
        let Self { callers, promises, now, .. } = self;
        promises.ends(callers[number].as_ref().expect("it has not gone"), End::Answered, *now);
        let lasts = MS * self.rng.below(200) as u32;
        self.note(lasts, Step::Goes(number));
    }

    /// One of two has failed, and the other goes on.
    fn falls(&mut self, number: usize, place: usize, fault: Fault) {
        let replacements_max = self.promises.replacements_max;
        let caller = self.caller(number);
        caller.course.as_mut().expect("it was planned").fell(place, fault);
        if fault == Fault::Unreachable && caller.replaced < replacements_max {
            caller.replaced += 1;
        } else {
            caller.counted += 1;
        }
    }

    /// What follows a failure.
    fn goes_on(&mut self, number: usize, place: usize, fault: Fault) {
        let Self { callers, health, rules, budget, now, .. } = self;
        let caller = callers[number].as_mut().expect("it has not gone");
        let circumstances =
            Circumstances { health, rules, budget, asked: MODEL, deadline: caller.deadline, now: *now };
        let course = caller.course.as_mut().expect("it was planned");
        let onward = course.failed(place, fault, &circumstances, &mut self.core);
        let is_replaced = fault == Fault::Unreachable
            && matches!(onward, Onward::Next)
            && caller.replaced < self.promises.replacements_max;
        if is_replaced {
            caller.replaced += 1;
        } else {
            caller.counted += 1;
        }
        match onward {
            Onward::Stop(Stopped::BudgetUsed) => self.ends(number, End::OutOfBudget),
            Onward::Stop(_) => self.ends(number, End::Failed),
            Onward::Next => {
                if !is_replaced {
                    self.promises.pays(*now);
                }
                // Whatever the way from one to the next takes, it is not what ends his patience.
                let left = caller.deadline.since(*now);
                let soon = self.soon().min(left);
                self.note(soon, Step::Asks(number));
            }
            Onward::Wait(wait, waiting) => {
                caller.waiting = waiting;
                self.promises.pays(*now);
                self.note(wait, Step::Asks(number));
            }
        }
    }

    fn ends(&mut self, number: usize, end: End) {
        let caller = self.callers[number].take().expect("it has not gone");
        self.promises.ends(&caller, end, self.now);
    }

    /// All is well, and so it must look: nobody is left alone, and everybody has his part again.
    fn is_as_before(&mut self) {
        let (now, standings, round) = (self.now, self.standings(), self.firsts.iter().sum::<u32>());
        let first: Vec<usize> = self.fleet.of_step(0).collect();
        let weights: u32 = first.iter().map(|place| self.fleet.nodes[*place].weight).sum();
        let policy = self.fleet.policies[0];
        let left = self.callers.iter().flatten().count();
        self.promises.must(left == 0, now, || format!("{left} calls never ended"));
        let (asked, in_flight) = self.settled();
        let attempts = self.promises.attempts;
        self.promises.must((asked, in_flight) == (attempts, 0), now, || {
            format!("{asked} of {attempts} attempts were counted, {in_flight} never left")
        });
        if policy == Policy::Priority {
            let (firsts, beside) = (self.firsts[0], self.beside_full);
            self.promises.must(firsts + beside == round, now, || {
                format!("the first had {firsts} of {round} calls, and no room for {beside}")
            });
        }
        if !matches!(policy, Policy::Balanced | Policy::Weighted | Policy::Sticky) {
            return;
        }
        for place in first {
            let (standing, firsts) = (standings[place], self.firsts[place]);
            let is_well = standing == Standing::Closed { share: 1.0 };
            self.promises.must(is_well, now, || format!("node {place} is well and stands as {standing:?}"));
            let part = f64::from(round) * f64::from(self.fleet.nodes[place].weight) / f64::from(weights);
            // By a hash or by lot somebody has nothing once in a thousand times where seven were his part.
            let is_sure = policy == Policy::Weighted || part >= SURE_PART;
            self.promises
                .must(firsts > 0 || !is_sure, now, || format!("node {place} starves: 0 of {round} calls"));
            if policy == Policy::Weighted {
                let is_fair = (f64::from(firsts) - part).abs() <= 3.0 + part * 0.1;
                self.promises
                    .must(is_fair, now, || format!("node {place} had {firsts} calls, not {part:.0}"));
            }
        }
    }

    /// Attempts as health has counted them, and those that it takes to be under way.
    fn settled(&self) -> (u64, u32) {
        let route = self.routes.find(MODEL).expect("it is configured");
        let of_all = route.targets.iter().map(|target| self.health.target(target, MODEL));
        of_all.fold((0, 0), |(asked, in_flight), health| {
            (asked + health.asked(), in_flight + health.in_flight())
        })
    }

    fn standings(&self) -> Vec<Standing> {
        let Health { rules, .. } = &self.health;
        let route = self.routes.find(MODEL).expect("it is configured");
        route
            .targets
            .iter()
            .map(|target| self.health.target(target, MODEL).standing(rules, self.now))
            .collect()
    }

    fn is_full(&self, target: &Target) -> bool {
        let health = self.health.target(target, MODEL);
        health.in_flight() >= health.max(&self.health.bounds(target))
    }

    fn caller(&mut self, number: usize) -> &mut Caller {
        self.callers[number].as_mut().expect("it has not gone")
    }
}
