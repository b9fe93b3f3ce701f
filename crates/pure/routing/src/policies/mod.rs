//! How one is chosen of several who serve the same: one file for each way of choosing, and the list of them.

mod balanced;
mod cheapest;
mod condition;
mod fastest;
mod priority;
mod sticky;
mod weighted;

use crate::ask::Ask;
use crate::health::TargetHealth;
use crate::moment::Moment;
use crate::rng::Rng;
use crate::route::Target;

pub use condition::Condition;

/// A way of choosing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Of two drawn by lot, the one who would answer sooner.
    #[default]
    Balanced,
    /// By fixed parts, exactly.
    Weighted,
    /// Who answers fastest by himself.
    Fastest,
    /// Who costs least.
    Cheapest,
    /// In the order of the configuration.
    Priority,
    /// The same for the same session, or for prompts that begin alike.
    Sticky,
}

/// Chooses one of the candidates by its place among them.
type Choose = fn(&Field<'_, '_>, &mut Rng) -> usize;

impl Policy {
    const ALL: [(Self, &'static str, Choose); 6] = [
        (Self::Balanced, "balanced", balanced::choose),
        (Self::Weighted, "weighted", weighted::choose),
        (Self::Fastest, "fastest", fastest::choose),
        (Self::Cheapest, "cheapest", cheapest::choose),
        (Self::Priority, "priority", priority::choose),
        (Self::Sticky, "sticky", sticky::choose),
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(policy, ..)| *policy)
    }

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    pub(crate) fn choose(self, field: &Field<'_, '_>, rng: &mut Rng) -> usize {
        // Whoever is alone needs no lot.
        if field.candidates.len() < 2 { 0 } else { Self::ALL[self as usize].2(field, rng) }
    }
}

/// Somebody who can be chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    /// His place in the route's targets.
    pub(crate) place: usize,
    pub(crate) target: &'a Target,
    pub(crate) health: &'a TargetHealth,
    /// What of his part he gets: less than all of it where he is coming back or fails now and then.
    pub(crate) share: f32,
}

/// Those among whom one is chosen; never empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a, 'ask> {
    pub(crate) candidates: &'a [Candidate<'a>],
    pub(crate) ask: &'a Ask<'ask>,
    /// How often was chosen before.
    pub(crate) round: u64,
    pub(crate) now: Moment,
}

impl Candidate<'_> {
    /// How long an answer would take him: the less of his part he gets, the longer it is taken to be.
    pub(crate) fn cost(&self, field: &Field<'_, '_>) -> f32 {
        let load = self.health.load(field.ask.is_streaming, field.now);
        load / (self.share * self.target.weight as f32)
    }
}

#[cfg(test)]
mod tests;
