//! A name that callers ask for, and those who serve it: in steps, each tried when the one before has nobody left.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::capability::Capabilities;
use crate::manner::Manner;
use crate::policies::Policy;
use crate::target::{Target, TargetLimits, Traits, WEIGHT_DEFAULT};

/// Some targets of a route among which a policy chooses.
#[derive(Clone, Debug)]
pub struct Tier {
    /// Places in the route's targets.
    pub targets: Range<usize>,
    /// How one of them is chosen.
    pub policy: Policy,
    /// Which step of the chain it belongs to: the tiers of one step serve the same thing, by other keys.
    pub step: u16,
    /// How often it was chosen from: by all routes that were made of this one, too.
    rounds: Arc<AtomicU64>,
}

/// A name callers may ask for, and who serves it.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Everybody who serves it, tier by tier.
    pub targets: Vec<Target>,
    /// The best first.
    pub tiers: Vec<Tier>,
    /// How calls for the name are served beside that.
    pub manner: Manner,
    /// What some of them can do and others cannot: only this is worth looking for in a request.
    pub(crate) differing: Capabilities,
}

impl Tier {
    /// How many choices from it there were before, and counts one if it `counts`.
    pub(crate) fn round(&self, counts: bool) -> u64 {
        if counts { self.rounds.fetch_add(1, Ordering::Relaxed) } else { self.rounds.load(Ordering::Relaxed) }
    }
}

impl Route {
    /// Where the targets of the first step end.
    pub(crate) fn first_step_end(&self) -> usize {
        let first = self.tiers.iter().take_while(|tier| tier.step == self.tiers[0].step);
        first.last().map_or(0, |tier| tier.targets.end)
    }

    /// The same route with the steps in front that serve `model`, by its provider's name for it; `None` if none does.
    pub(crate) fn with_first(&self, model: &str) -> Option<Self> {
        let serves = |tier: &&Tier| {
            self.targets[tier.targets.clone()].iter().any(|target| target.model.as_deref() == Some(model))
        };
        let preferred: Vec<u16> = self.tiers.iter().filter(serves).map(|tier| tier.step).collect();
        let (first, others): (Vec<&Tier>, Vec<&Tier>) =
            self.tiers.iter().partition(|tier| preferred.contains(&tier.step));
        let mut route = Self { manner: self.manner, ..Self::default() };
        let mut before = None;
        for tier in first.iter().chain(&others) {
            let targets = self.targets[tier.targets.clone()].iter().cloned();
            route.add_tier(targets, (tier.policy, tier.rounds.clone()), before != Some(tier.step));
            before = Some(tier.step);
        }
        (!first.is_empty()).then_some(route)
    }

    /// Adds those of one tier; `is_next_step` begins a new step of the chain with it.
    pub fn add(&mut self, targets: impl IntoIterator<Item = Target>, policy: Policy, is_next_step: bool) {
        self.add_tier(targets, (policy, Arc::default()), is_next_step);
    }

    fn add_tier(
        &mut self,
        targets: impl IntoIterator<Item = Target>,
        (policy, rounds): (Policy, Arc<AtomicU64>),
        is_next_step: bool,
    ) {
        let from = self.targets.len();
        self.targets.extend(targets);
        if self.targets.len() == from {
            return;
        }
        let step = self.tiers.last().map_or(0, |last| last.step + u16::from(is_next_step));
        let targets = from..self.targets.len();
        self.tiers.push(Tier { targets, policy, step, rounds });
        self.compare();
    }

    /// Adds all steps of another route behind its own.
    pub fn append(&mut self, other: &Self) {
        let (first_target, first_step) =
            (self.targets.len(), self.tiers.last().map_or(0, |last| last.step + 1));
        self.targets.extend(other.targets.iter().cloned());
        self.tiers.extend(other.tiers.iter().map(|tier| Tier {
            targets: tier.targets.start + first_target..tier.targets.end + first_target,
            policy: tier.policy,
            step: tier.step + first_step,
            rounds: tier.rounds.clone(),
        }));
        self.compare();
    }

    /// Adds the steps of another route behind its own, but for targets that it has.
    pub(crate) fn append_others(&mut self, other: &Self) {
        let own = self.targets.len();
        let mut before = None;
        for tier in &other.tiers {
            let is_new = |target: &&Target| {
                self.targets[..own].iter().all(|known| {
                    (known.provider, known.line, &known.model)
                        != (target.provider, target.line, &target.model)
                })
            };
            let others = other.targets[tier.targets.clone()].iter().filter(is_new).cloned();
            let others: Vec<Target> = others.collect();
            if others.is_empty() {
                continue;
            }
            self.add_tier(others, (tier.policy, tier.rounds.clone()), before != Some(tier.step));
            before = Some(tier.step);
        }
    }

    /// The same for calls that are served in this manner.
    #[must_use]
    pub fn in_manner(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }

    /// The same by a name that is not the caller's: whoever would be asked for the caller's is asked for this one.
    #[must_use]
    pub fn under(&self, name: &str) -> Self {
        let (mut route, name) = (self.clone(), Arc::<str>::from(name));
        for target in &mut route.targets {
            target.model.get_or_insert_with(|| name.clone());
        }
        route
    }

    /// The same with limits that go before those of its targets.
    #[must_use]
    pub fn with_limits(&self, limits: &TargetLimits) -> Self {
        let mut route = self.clone();
        for target in &mut route.targets {
            let below = target.limits.take().map(Arc::unwrap_or_clone).unwrap_or_default();
            target.limits = limits.over(&below).shared();
        }
        route
    }

    /// The same with what `change` makes of the limits of each target that has any.
    pub(crate) fn with_changed_limits(&self, change: impl Fn(&TargetLimits) -> TargetLimits) -> Self {
        let mut route = self.clone();
        for target in &mut route.targets {
            target.limits = target.limits.take().and_then(|limits| change(&limits).shared());
        }
        route
    }

    /// Notes what is known of a provider's model.
    pub(crate) fn learn(&mut self, provider: u16, model: &str, traits: Traits) {
        let is_it =
            |target: &&mut Target| target.provider == provider && target.model.as_deref() == Some(model);
        for target in self.targets.iter_mut().filter(is_it) {
            *target = target.clone().with(traits);
        }
        self.compare();
    }

    /// Finds out in what its targets differ.
    fn compare(&mut self) {
        let lacks = || self.targets.iter().map(|target| target.lacks);
        let by_some = lacks().fold(Capabilities::NONE, Capabilities::or);
        let by_all = lacks().reduce(Capabilities::and).unwrap_or_default();
        self.differing = by_some.without(by_all);
    }
}

/// The ways to one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// How many lines it has; at least one.
    pub lines: u16,
    /// How many keys each line can be used with; one where it needs none.
    pub keys: u16,
    /// How a line is chosen.
    pub policy: Policy,
    /// The part of each line, where parts are fixed; missing ones are 1.
    pub weights: Vec<u32>,
}

impl Ways {
    /// So many lines, each with one key.
    pub const fn of_lines(lines: u16) -> Self {
        Self { lines, keys: 1, policy: Policy::Balanced, weights: Vec::new() }
    }

    /// For each key the targets of all lines with it.
    pub(crate) fn targets(
        &self,
        provider: u16,
        model: Option<&Arc<str>>,
        traits: Traits,
    ) -> impl Iterator<Item = impl Iterator<Item = Target>> {
        (0..self.keys).map(move |key| {
            (0..self.lines).map(move |line| {
                let weight = self.weights.get(usize::from(line)).copied().unwrap_or(WEIGHT_DEFAULT);
                let target = Target::by(provider, key * self.lines + line, model.cloned());
                Target { weight, ..target.with(traits) }
            })
        })
    }
}
