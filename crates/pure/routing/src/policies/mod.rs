//! How one is chosen of several who serve the same: one file for each way of choosing, and the list of them.

mod balanced;
mod cheapest;
mod fastest;
mod field;
mod part;
mod priority;
mod sticky;
mod weighted;

use crate::rng::Rng;

pub(crate) use field::{Candidate, Field};
pub(crate) use part::sit_out;

/// A way of choosing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Of three drawn by lot, the one who would answer sooner.
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

#[cfg(test)]
mod tests;
