//! The plan of one request: an order of attempts, and why each other target was passed over.

use std::sync::Arc;
use std::time::Duration;

use crate::ask::Ask;
use crate::eligibility::{Eligibility, Sorted};
use crate::entry::{Attempt, Passed, Reason};
use crate::names::Retired;
use crate::policies::{Candidate, Field, sit_out};
use crate::rng::Rng;
use crate::route::{Route, Tier};
use crate::routes::Routes;
use crate::sample::SAMPLE_MAX;
use crate::situation::Situation;
use crate::target::Target;

/// So many stand in an order at most: beyond the attempts there are those who replace somebody that could not be reached.
pub const ORDER_MAX: usize = 10;

/// An order of attempts over the targets of a route.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whose targets the places are.
    pub route: Arc<Route>,
    /// Tried in this order until one answers.
    pub order: Vec<Attempt>,
    /// How many of the order may be asked.
    pub attempts_max: usize,
    /// Those who are not in the order for another reason than that enough others are.
    passed_over: Vec<Passed>,
}

impl Plan {
    /// The target of an entry.
    pub fn target(&self, place: usize) -> &Target {
        &self.route.targets[place]
    }

    /// Everyone else who serves the name, and why he is not asked.
    pub fn passed_over(&self) -> impl Iterator<Item = Passed> {
        let others = (0..self.route.targets.len())
            .filter(|place| self.order.iter().all(|attempt| attempt.place != *place));
        others.map(|place| {
            let known = self.passed_over.iter().find(|passed| passed.place == place);
            known.copied().unwrap_or(Passed { place, reason: Reason::BeyondAttemptsMax })
        })
    }

    /// Why somebody is not asked, or only if nobody else is left.
    pub fn reason(&self, place: usize) -> Option<Reason> {
        self.passed_over.iter().find(|passed| passed.place == place).map(|passed| passed.reason)
    }

    /// Puts those who are wanted before all others.
    pub fn put_first(&mut self, is_wanted: impl Fn(&Target) -> bool) {
        let route = self.route.clone();
        self.order.sort_by_key(|attempt| !is_wanted(&route.targets[attempt.place]));
    }

    /// Leaves in the order only those who are wanted.
    pub fn retain(&mut self, is_wanted: impl Fn(&Target) -> bool) {
        let route = self.route.clone();
        self.order.retain(|attempt| is_wanted(&route.targets[attempt.place]));
    }
}

/// Nobody serves what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTarget {
    /// Nobody knows the name.
    UnknownName {
        /// Names that look alike, the nearest first.
        nearest: Vec<String>,
    },
    /// Who knows the name no longer serves it.
    Retired(Retired),
    /// The caller would like a model best that nobody knows.
    UnknownPreference {
        /// Names that look alike, the nearest first.
        nearest: Vec<String>,
    },
    /// Those who know the name do not offer what is asked for.
    NotOffered,
    /// None of those who know the name can do this.
    Unable(&'static str),
    /// All who serve the name are for other requests.
    Condition,
    /// All have asked for patience.
    Busy {
        /// The first of them can be asked again in so long.
        wait: Duration,
    },
    /// An operator has switched all of them off.
    SwitchedOff,
    /// Of those who serve the name, the caller's key is for nobody who could be asked.
    KeyScope,
    /// The caller would like a model best of whose providers his key is for none.
    PreferenceKeyScope,
    /// None of those who could be asked has a price, and calls without one are refused.
    NoPrice,
}

/// Orders the targets of the asked name; `unfit` says why a target cannot be asked for this at all.
pub fn plan(
    situation: &Situation<'_>,
    ask: &Ask<'_>,
    unfit: impl Fn(&Target) -> Option<Reason>,
    rng: &mut Rng,
) -> Result<Plan, NoTarget> {
    let plan = ordered(situation, ask, unfit, rng, true)?;
    if plan.order.is_empty() { Err(nobody(&plan.passed_over)) } else { Ok(plan) }
}

/// The plan that would be made now, with an empty order and the reason where nobody can be asked. Nothing is counted: the next
/// call is served as if nobody had looked.
pub fn dry_run(
    situation: &Situation<'_>,
    ask: &Ask<'_>,
    unfit: impl Fn(&Target) -> Option<Reason>,
    rng: &mut Rng,
) -> Result<(Plan, Option<NoTarget>), NoTarget> {
    let plan = ordered(situation, ask, unfit, rng, false)?;
    let none = plan.order.is_empty().then(|| nobody(&plan.passed_over));
    Ok((plan, none))
}

fn ordered(
    situation: &Situation<'_>,
    ask: &Ask<'_>,
    unfit: impl Fn(&Target) -> Option<Reason>,
    rng: &mut Rng,
    counts: bool,
) -> Result<Plan, NoTarget> {
    let (route, preferred) = route_of(situation.routes, ask)?;
    let mut order = Order { steps: Vec::with_capacity(route.tiers.len()) };
    let mut found = Sorted::default();
    let mut eligibility = Eligibility::of(&route, situation, ask, unfit);
    found.candidates.reserve(route.targets.len().min(SAMPLE_MAX));
    for tier in &route.tiers {
        found.candidates.clear();
        eligibility.sort(tier, !counts, &mut found, rng);
        if !found.candidates.is_empty() {
            let round = tier.round(counts);
            order.add(tier, round, &mut found.candidates, situation, ask, rng);
        }
    }
    let order = order.finish(found.unwell, situation.attempts_max);
    let passed_over = found.passed_over;
    let is_closed = |place: &usize| passed_over.contains(&Passed { place: *place, reason: Reason::KeyScope });
    // To be served by others would look like the wish had been granted.
    if !preferred.is_empty() && preferred.iter().all(is_closed) {
        return Err(NoTarget::PreferenceKeyScope);
    }
    Ok(Plan { order, passed_over, attempts_max: situation.attempts_max, route })
}

/// The route of the asked name, with what the caller likes best in front; and the places of those who serve that.
fn route_of(routes: &Routes, ask: &Ask<'_>) -> Result<(Arc<Route>, Vec<usize>), NoTarget> {
    const NEAREST_MAX: usize = 3;
    let nearest = |name: &str| routes.nearest(name, NEAREST_MAX).into_iter().map(str::to_owned).collect();
    let Some(route) = routes.find(ask.model) else {
        if let Some(retired) = routes.retired(ask.model) {
            return Err(NoTarget::Retired(retired.clone()));
        }
        return Err(NoTarget::UnknownName { nearest: nearest(ask.model) });
    };
    let Some(preferred) = ask.prefers else { return Ok((route, Vec::new())) };
    if let Some(reordered) = route.with_first(preferred) {
        let serves = |place: &usize| reordered.targets[*place].model.as_deref() == Some(preferred);
        let places = (0..reordered.targets.len()).filter(serves).collect();
        return Ok((Arc::new(reordered), places));
    }
    let Some(first) = routes.find(preferred) else {
        return Err(NoTarget::UnknownPreference { nearest: nearest(preferred) });
    };
    // Whoever would be asked for the caller's name is asked for the one he prefers.
    let mut both = first.under(preferred).in_manner(route.manner);
    both.append_others(&route);
    Ok((Arc::new(both), (0..first.targets.len()).collect()))
}

/// Why nobody can be asked: what most tells the caller what to do.
fn nobody(passed_over: &[Passed]) -> NoTarget {
    let reasons = || passed_over.iter().map(|passed| passed.reason);
    let waits = reasons().filter_map(|reason| match reason {
        Reason::Busy { wait } => Some(wait),
        Reason::OnTrial => Some(Duration::ZERO),
        _ => None,
    });
    if let Some(wait) = waits.min() {
        return NoTarget::Busy { wait };
    }
    if reasons().any(|reason| matches!(reason, Reason::SwitchedOff | Reason::Draining)) {
        return NoTarget::SwitchedOff;
    }
    // Whoever may use others would be served: that says more than why the few are not fit.
    if reasons().any(|reason| reason == Reason::KeyScope) {
        return NoTarget::KeyScope;
    }
    if reasons().any(|reason| reason == Reason::NoPrice) {
        return NoTarget::NoPrice;
    }
    let unable = reasons().find_map(|reason| match reason {
        Reason::Unable(what) => Some(NoTarget::Unable(what)),
        _ => None,
    });
    unable.unwrap_or(if reasons().any(|reason| reason == Reason::Condition) {
        NoTarget::Condition
    } else {
        NoTarget::NotOffered
    })
}

/// An order in the making.
struct Order {
    /// For each step those who are well, as its policies choose one after the other.
    steps: Vec<(u16, Vec<usize>)>,
}

impl Order {
    /// Takes those of a tier in.
    fn add(
        &mut self,
        tier: &Tier,
        round: u64,
        candidates: &mut Vec<Candidate<'_>>,
        situation: &Situation<'_>,
        ask: &Ask<'_>,
        rng: &mut Rng,
    ) {
        let wanted = candidates.len().min(ORDER_MAX);
        let mut chosen = Vec::with_capacity(wanted);
        let out = sit_out(tier.policy, candidates, rng);
        // Whoever may be asked is chosen with care; those behind only stand in for somebody who cannot be reached.
        while chosen.len() < wanted.min(situation.attempts_max) && !candidates.is_empty() {
            let field = Field { candidates, ask, round, now: situation.now };
            let place = tier.policy.choose(&field, rng);
            // The order of the others is kept: some policies go by it.
            chosen.push(candidates.remove(place).place);
        }
        let behind = candidates.iter().chain(&out).take(wanted - chosen.len());
        chosen.extend(behind.map(|candidate| candidate.place));
        match self.steps.last_mut() {
            Some((step, places)) if *step == tier.step => places.extend(chosen),
            _ => self.steps.push((tier.step, chosen)),
        }
    }

    /// Step by step, so that each step has its attempt before any has a second one but the first; then those left over;
    /// then those who are not well.
    fn finish(self, unwell: Vec<Attempt>, attempts_max: usize) -> Vec<Attempt> {
        let attempt = |step: u16, place: usize| Attempt { place, step, is_last_resort: false };
        let first_part = attempts_max.saturating_sub(self.steps.len().saturating_sub(1)).max(1);
        let part = |number: usize| if number == 0 { first_part } else { 1 };
        let mut order = Vec::with_capacity(ORDER_MAX);
        for (number, (step, places)) in self.steps.iter().enumerate() {
            order.extend(places.iter().take(part(number)).map(|place| attempt(*step, *place)));
        }
        for (number, (step, places)) in self.steps.iter().enumerate() {
            order.extend(places.iter().skip(part(number)).map(|place| attempt(*step, *place)));
        }
        order.extend(unwell);
        order.truncate(ORDER_MAX);
        order
    }
}
