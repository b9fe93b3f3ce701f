//! Who may be asked at all, who only if nobody else is left, and who not, and why.

use std::sync::Arc;

use crate::ask::Ask;
use crate::capability::Capabilities;
use crate::entry::{Attempt, Passed, Reason};
use crate::health::{Health, Standing, Switch, TargetHealth, WayHealth};
use crate::moment::Moment;
use crate::policies::{Candidate, Policy};
use crate::rng::Rng;
use crate::route::{Route, Tier};
use crate::sample::{SAMPLE_MAX, spread_out};
use crate::situation::Situation;
use crate::target::Target;

/// Who fails now and then, or fails probes, gets so much of his part: of 60, 20 and 20 there remain 20, 40 and 40 percent.
const TROUBLED_SHARE: f32 = 1.0 / 6.0;

/// Sorts the targets of one route.
pub(crate) struct Eligibility<'a, 'ask, F> {
    route: &'a Route,
    health: &'a Health,
    now: Moment,
    ask: &'a Ask<'ask>,
    unfit: F,
    /// Sizes are estimates: who seems too small is left out only where another seems large enough.
    tokens_min: u64,
    /// What is needed and not everybody can do.
    needs: Capabilities,
    /// From this place on targets are fallbacks.
    fallbacks_from: usize,
    /// Neighbours mostly are ways to the same model: its place is looked up once for all of them.
    known: Option<(&'a Target, usize)>,
}

impl<'a, 'ask, F: Fn(&Target) -> Option<Reason>> Eligibility<'a, 'ask, F> {
    pub(crate) fn of(route: &'a Route, situation: &Situation<'a>, ask: &'a Ask<'ask>, unfit: F) -> Self {
        let is_large = |target: &Target| target.context_tokens.is_none_or(|tokens| tokens >= ask.tokens);
        let tokens_min = if ask.tokens > 0 && route.targets.iter().any(is_large) { ask.tokens } else { 0 };
        let fallbacks_from = if ask.is_without_fallback { route.first_step_end() } else { usize::MAX };
        let is_alike = route.differing.are_none();
        let needs = if is_alike { Capabilities::NONE } else { (ask.needs)(route.differing) };
        let Situation { health, now, .. } = *situation;
        Self { route, health, now, ask, unfit, tokens_min, needs, fallbacks_from, known: None }
    }

    /// Says of each target of a tier whether it is a candidate, a last resort, or none of both. Of many among whom lots are
    /// drawn it stops when enough are found.
    pub(crate) fn sort(&mut self, tier: &Tier, all: bool, found: &mut Sorted<'a>, rng: &mut Rng) {
        let places = tier.targets.clone();
        if all || places.len() <= SAMPLE_MAX || tier.policy != Policy::Balanced {
            places.for_each(|place| self.sort_one(place, tier.step, found));
            return;
        }
        for place in spread_out(places, rng) {
            self.sort_one(place, tier.step, found);
            if found.candidates.len() == SAMPLE_MAX {
                return;
            }
        }
    }

    fn sort_one(&mut self, place: usize, step: u16, sorted: &mut Sorted<'a>) {
        let target = &self.route.targets[place];
        let found = self.look_at(place, target);
        match found {
            Found::Well { health, share } => {
                sorted.candidates.push(Candidate { place, target, health, share, is_on_trial: false });
            }
            // All of his part, for it is one at a time: the sooner it is known, the better.
            Found::ForTrial { health } => {
                sorted.candidates.push(Candidate { place, target, health, share: 1.0, is_on_trial: true });
            }
            Found::Unwell(reason) => {
                sorted.unwell.push(Attempt { place, step, is_last_resort: true });
                sorted.passed_over.push(Passed { place, reason });
            }
            Found::Not(reason) => sorted.passed_over.push(Passed { place, reason }),
        }
    }

    fn look_at(&mut self, place: usize, target: &'a Target) -> Found<'a> {
        if let Some(reason) = self.unasked(place, target) {
            return Found::Not(reason);
        }
        let provider = &self.health.providers[usize::from(target.provider)];
        let way = &provider.ways[usize::from(target.line)];
        let mut share_max = 1.0;
        if way.is_set_apart(self.now) {
            share_max = match self.set_apart(way, target) {
                Ok(share_max) => share_max,
                Err(found) => return found,
            };
        }
        let model = match self.known {
            Some((before, model)) if is_same_model(before, target) => model,
            _ => self.health.place(target, self.ask.model),
        };
        self.known = Some((target, model));
        let health = way.model(model);
        if provider.has_other_keys && way.key.is_on(self.now) {
            return Found::Unwell(Reason::KeyRests);
        }
        if way.key.is_used_up(model, self.now) {
            return Found::Unwell(Reason::LimitUsedUp { wait: way.key.used_up_for(model, self.now) });
        }
        if health.is_unknown(self.now) {
            return Found::Unwell(Reason::UnknownModel { wait: health.unknown_for(self.now) });
        }
        match health.standing(&self.health.rules, self.now) {
            Standing::Closed { .. } | Standing::Troubled | Standing::Trial
                if provider.is_full(target, health) =>
            {
                Found::Unwell(Reason::Full)
            }
            Standing::Closed { share } => Found::Well { health, share: share.min(share_max) },
            Standing::Troubled => Found::Well { health, share: TROUBLED_SHARE },
            Standing::Trial => Found::ForTrial { health },
            Standing::Open { is_busy: true, .. } if health.refuses_more(self.now) => {
                Found::Unwell(Reason::Full)
            }
            Standing::Open { until, is_busy: true } => {
                Found::Not(Reason::Busy { wait: until.since(self.now) })
            }
            Standing::Open { until, is_busy: false } => {
                Found::Unwell(Reason::Ejected { wait: until.since(self.now) })
            }
            Standing::OnTrial { is_busy: false } => Found::Unwell(Reason::OnTrial),
            Standing::OnTrial { is_busy: true } => Found::Not(Reason::OnTrial),
        }
    }

    /// What an operator or the probes have to say against a way, if it is about this target: it is set apart, or gets so
    /// much of its part at most.
    #[cold]
    fn set_apart(&self, way: &WayHealth, target: &Target) -> Result<f32, Found<'a>> {
        match way.switch(target.model.as_deref().unwrap_or(self.ask.model)) {
            Switch::Off => Err(Found::Not(Reason::SwitchedOff)),
            Switch::Draining if !self.ask.goes_on => Err(Found::Not(Reason::Draining)),
            Switch::On | Switch::Draining if way.is_unreachable(self.now) => {
                Err(Found::Unwell(Reason::Unreachable))
            }
            Switch::On | Switch::Draining if way.is_doubtful() => Ok(TROUBLED_SHARE),
            Switch::On | Switch::Draining => Ok(1.0),
        }
    }

    /// Why a target is not for this request, whatever its health.
    fn unasked(&self, place: usize, target: &Target) -> Option<Reason> {
        if target.condition.as_ref().is_some_and(|condition| !condition.holds(self.ask)) {
            return Some(Reason::Condition);
        }
        if place >= self.fallbacks_from {
            return Some(Reason::FallbackOff);
        }
        let lacking = target.lacks.and(self.needs);
        if !lacking.are_none() {
            return lacking.names().next().map(Reason::Unable);
        }
        if let Some(tokens_max) = target.context_tokens.filter(|tokens| *tokens < self.tokens_min) {
            return Some(Reason::ContextTooSmall { tokens_max });
        }
        (self.unfit)(target)
    }
}

/// Who was found.
#[derive(Default)]
pub(crate) struct Sorted<'a> {
    /// Of one tier: those who are well.
    pub(crate) candidates: Vec<Candidate<'a>>,
    /// Those who are asked only if nobody else is left.
    pub(crate) unwell: Vec<Attempt>,
    /// Why they, and those who are not asked at all, are passed over.
    pub(crate) passed_over: Vec<Passed>,
}

/// What one target is for this request.
enum Found<'a> {
    Well { health: &'a TargetHealth, share: f32 },
    ForTrial { health: &'a TargetHealth },
    Unwell(Reason),
    Not(Reason),
}

fn is_same_model(left: &Target, right: &Target) -> bool {
    left.provider == right.provider
        && match (&left.model, &right.model) {
            (Some(left), Some(right)) => Arc::ptr_eq(left, right) || left == right,
            (None, None) => true,
            _ => false,
        }
}
