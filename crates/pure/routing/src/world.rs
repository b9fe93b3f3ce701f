//! A small world for tests: one model served by some providers, and their health.

use std::sync::Arc;
use std::time::Duration;

use crate::ask::Ask;
use crate::entry::Reason;
use crate::health::{Health, How, Outcome};
use crate::moment::Moment;
use crate::overload::Bounds;
use crate::plan::{NoTarget, Plan, plan};
use crate::policies::Policy;
use crate::retry::{RetryBudget, RetryRules};
use crate::rng::Rng;
use crate::route::Route;
use crate::routes::{Routes, RoutesBuilder};
use crate::situation::Situation;
use crate::target::Target;

pub(crate) const MODEL: &str = "m";

pub(crate) struct World {
    pub(crate) routes: Routes,
    pub(crate) health: Health,
    pub(crate) rules: RetryRules,
    pub(crate) budget: RetryBudget,
    pub(crate) rng: Rng,
    pub(crate) attempts_max: usize,
}

impl World {
    /// The model `m` is served by these steps: for each the number of its providers, each with one line, and its policy.
    pub(crate) fn of(steps: &[(u16, Policy)]) -> Self {
        Self::with(steps, |target| target)
    }

    /// The same with changed targets.
    pub(crate) fn with(steps: &[(u16, Policy)], change: impl Fn(Target) -> Target) -> Self {
        let (mut route, mut providers) = (Route::default(), 0);
        for (count, policy) in steps {
            let targets = (providers..providers + count)
                .map(|provider| change(Target::by(provider, 0, Some(Arc::from("up")))));
            route.add(targets, *policy, true);
            providers += count;
        }
        let mut builder = RoutesBuilder::default();
        builder.model(MODEL, &route);
        Self {
            routes: builder.build(),
            health: Health::unknown((0..providers).map(|_| 1)),
            rules: RetryRules::default(),
            budget: RetryBudget::new(20, 10),
            rng: Rng::new(1),
            attempts_max: 3,
        }
    }

    pub(crate) fn plan(&mut self, ask: &Ask<'_>, now: Moment) -> Result<Plan, NoTarget> {
        self.plan_but(ask, |_| None, now)
    }

    /// The same where some cannot be asked at all.
    pub(crate) fn plan_but(
        &mut self,
        ask: &Ask<'_>,
        unfit: impl Fn(&Target) -> Option<Reason>,
        now: Moment,
    ) -> Result<Plan, NoTarget> {
        let situation =
            Situation { routes: &self.routes, health: &self.health, attempts_max: self.attempts_max, now };
        plan(&situation, ask, unfit, &mut self.rng)
    }

    /// The places in the order of a plan for the model.
    pub(crate) fn order(&mut self, now: Moment) -> Vec<usize> {
        self.plan(&Ask::of(MODEL, true), now).unwrap().order.iter().map(|attempt| attempt.place).collect()
    }

    /// Asks the target at `place` once, and says how it went.
    pub(crate) fn asked(&self, place: usize, outcome: Outcome, took_ms: u64, now: Moment) {
        let health = self.health.providers[place].ways[0].model(self.health.providers[place].models.of("up"));
        let mut trying =
            health.begin(&self.health.rules, &Bounds::NONE, false, now).expect("it may be asked");
        let took = Duration::from_millis(took_ms);
        trying.ended(outcome, How { took, is_streaming: true, now });
    }
}
