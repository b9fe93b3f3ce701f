//! Who may be asked at all, who only if nobody else is left, and who not, and why.

use std::sync::Arc;

use crate::ask::Ask;
use crate::capability::Capabilities;
use crate::entry::{Attempt, Passed, Reason};
use crate::health::{Health, Standing, Switch, TargetHealth};
use crate::moment::Moment;
use crate::policies::Candidate;
use crate::route::{Route, Tier};
use crate::situation::Situation;
use crate::target::Target;

/// Who fails now and then gets so much of his part: of 60, 20 and 20 there remain 20, 40 and 40 percent.
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

    /// Says of each target of a tier whether it is a candidate, a last resort, or none of both.
    pub(crate) fn sort(
        &mut self,
        tier: &Tier,
        candidates: &mut Vec<Candidate<'a>>,
        unwell: &mut Vec<Attempt>,
        passed_over: &mut Vec<Passed>,
    ) {
        for place in tier.targets.clone() {
            let target = &self.route.targets[place];
            let found = self.look_at(place, target);
            match found {
                Found::Well { health, share } => {
                    candidates.push(Candidate { place, target, health, share, is_on_trial: false });
                }
                // All of his part, for it is one at a time: the sooner it is known, the better.
                Found::ForTrial { health } => {
                    candidates.push(Candidate { place, target, health, share: 1.0, is_on_trial: true });
                }
                Found::Unwell(reason) => {
                    unwell.push(Attempt { place, step: tier.step, is_last_resort: true });
                    passed_over.push(Passed { place, reason });
                }
                Found::Not(reason) => passed_over.push(Passed { place, reason }),
            }
        }
    }

    fn look_at(&mut self, place: usize, target: &'a Target) -> Found<'a> {
        if let Some(reason) = self.unasked(place, target) {
            return Found::Not(reason);
        }
        let provider = &self.health.providers[usize::from(target.provider)];
        let way = &provider.ways[usize::from(target.line)];
        match way.switch(target.model.as_deref().unwrap_or(self.ask.model)) {
            Switch::On => {}
            Switch::Draining if self.ask.goes_on => {}
            Switch::Draining => return Found::Not(Reason::Draining),
            Switch::Off => return Found::Not(Reason::SwitchedOff),
        }
        let model = match self.known {
            Some((before, model)) if is_same_model(before, target) => model,
            _ => self.health.place(target, self.ask.model),
        };
        self.known = Some((target, model));
        let health = way.model(model);
        if way.is_unreachable() {
            return Found::Unwell(Reason::Unreachable);
        }
        if provider.has_other_keys && way.key.is_on(self.now) {
            return Found::Unwell(Reason::KeyRests);
        }
        match health.standing(&self.health.rules, self.now) {
            Standing::Closed { share } => Found::Well { health, share },
            Standing::Troubled => Found::Well { health, share: TROUBLED_SHARE },
            Standing::Trial => Found::ForTrial { health },
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

    /// Why a target is not for this request, whatever its health.
    fn unasked(&self, place: usize, target: &Target) -> Option<Reason> {
        if target.condition.as_ref().is_some_and(|condition| !condition.holds(self.ask)) {
            return Some(Reason::Condition);
        }
        if place >= self.fallbacks_from {
            return Some(Reason::FallbackOff);
        }
        if let Some(lacking) = target.lacks.and(self.needs).names().next() {
            return Some(Reason::Unable(lacking));
        }
        if let Some(tokens_max) = target.context_tokens.filter(|tokens| *tokens < self.tokens_min) {
            return Some(Reason::ContextTooSmall { tokens_max });
        }
        (self.unfit)(target)
    }
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
