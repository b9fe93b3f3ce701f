//! What is known of a target or of a way, put together for people.

use super::breaker::BreakerRules;
use super::fault::Fault;
use super::samples::Sample;
use super::state::{State, Verdict, Why};
use super::table::WayHealth;
use super::target_health::TargetHealth;
use crate::moment::Moment;

/// What is known of one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// How he stands.
    pub verdict: Verdict,
    /// Attempts since the start.
    pub asked: u64,
    /// Those that failed by his fault.
    pub failed: u64,
    /// What went wrong how often, also what is not held against him.
    pub faults: Vec<(&'static str, u64)>,
    /// Calls that he did not answer and that went on to somebody else.
    pub moved_on: u64,
    /// Answers and failures of the last ten seconds.
    pub recent: (u64, u64),
    /// Failures since the last answer.
    pub run: u32,
    /// What went wrong last, and when.
    pub last_fault: Option<(Fault, Moment)>,
    /// The last hundred, the oldest first.
    pub samples: Vec<Sample>,
}

impl TargetHealth {
    /// What is known, for people.
    pub fn report(&self, rules: &BreakerRules, now: Moment) -> Report {
        let samples = self.samples.all();
        Report {
            verdict: self.verdict(rules, !samples.is_empty(), now),
            asked: self.asked(),
            failed: self.faults.failed(),
            faults: self.faults.all(),
            moved_on: self.moved_on(),
            recent: self.recent(now),
            run: self.run(),
            last_fault: self.last_fault(),
            samples,
        }
    }

    fn verdict(&self, rules: &BreakerRules, has_samples: bool, now: Moment) -> Verdict {
        if self.is_unknown(now) {
            return Verdict::unwell(State::Ejected, Why::UnknownModel, Some(self.unknown_for(now)));
        }
        let recovers_in = self.breaker.recovers_in(rules, now);
        Verdict::by_standing(self.standing(rules, now), self.breaker.cause(), has_samples, recovers_in)
    }
}

impl WayHealth {
    /// How a way stands by itself, whatever its models; `None` where nothing is wrong with it.
    pub fn own_trouble(&self, has_other_keys: bool, now: Moment) -> Option<Verdict> {
        if self.path.is_dead(now) {
            return Some(Verdict::unwell(State::Ejected, Why::PathDead, None));
        }
        if self.is_unreachable(now) {
            return Some(Verdict::unwell(State::Ejected, Why::Unreachable, None));
        }
        let rest = self.key.left(now);
        // A key that has no other beside it is asked all the same.
        let state = if has_other_keys { State::Ejected } else { State::Degraded };
        let rests = (!rest.is_zero()).then(|| Verdict::unwell(state, Why::KeyRests, Some(rest)));
        rests.or_else(|| self.is_doubtful().then(|| Verdict::unwell(State::Degraded, Why::ProbesFail, None)))
    }

    /// How a way stands as far as one model is concerned, whatever that model's answers say.
    pub fn trouble_with(&self, model: usize, has_other_keys: bool, now: Moment) -> Option<Verdict> {
        let used_up = || {
            let left = self.key.used_up_for(model, now);
            (!left.is_zero()).then(|| Verdict::unwell(State::Ejected, Why::LimitUsedUp, Some(left)))
        };
        let own = self.own_trouble(has_other_keys, now);
        own.filter(|verdict| verdict.state == State::Ejected).or_else(used_up).or(own)
    }

    /// How a way stands, by itself and by how its models do. That probes find somebody there proves too little to call it well.
    pub fn verdict(&self, rules: &BreakerRules, has_other_keys: bool, now: Moment) -> Verdict {
        let own = self.own_trouble(has_other_keys, now);
        let by_models = self.verdict_by_models(rules, now);
        own.map_or(by_models, |own| own.or_worse(by_models))
    }

    fn verdict_by_models(&self, rules: &BreakerRules, now: Moment) -> Verdict {
        // Which names it does not know says nothing of the way: callers may make them up.
        let models: Vec<Verdict> = self
            .models()
            .filter(|health| !health.is_unknown(now))
            .map(|health| health.verdict(rules, !health.samples.all().is_empty(), now))
            .collect();
        let state = State::of_all(models.iter().map(|verdict| verdict.state));
        // Whoever has it worst says why; whoever is back first, when.
        let unwell = || models.iter().filter(|verdict| verdict.why.is_some());
        match unwell().max_by_key(|verdict| verdict.state) {
            Some(worst) => Verdict {
                state,
                why: worst.why,
                recovers_in: unwell().filter_map(|verdict| verdict.recovers_in).min(),
            },
            None => Verdict::well(state),
        }
    }
}

#[cfg(test)]
mod tests;
