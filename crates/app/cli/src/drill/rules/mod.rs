//! Mistakes that can be seen in a configuration without asking anybody: one file for each kind, and the list.

mod abilities;
mod addresses;
mod chains;
mod conditions;
mod health;
mod hedges;
mod keys;
mod known_models;
mod misnamed;
mod prices;
mod regions;
mod room;
mod rule;
mod single_points;
mod stages;
mod switches;
mod times;
mod tries;
mod weights;

#[cfg(test)]
mod tests;

pub(super) use rule::Rule;

use super::finding::Finding;
use super::house::House;

/// Every rule, in the order in which findings of one weight are told.
static ALL: &[&[Rule]] = &[
    single_points::RULES,
    chains::RULES,
    conditions::RULES,
    known_models::RULES,
    abilities::RULES,
    times::RULES,
    stages::RULES,
    tries::RULES,
    hedges::RULES,
    keys::RULES,
    addresses::RULES,
    regions::RULES,
    health::RULES,
    room::RULES,
    misnamed::RULES,
    weights::RULES,
    prices::RULES,
    switches::RULES,
];

/// Every rule.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().copied().flatten()
}

/// All that the rules find.
pub(super) fn look(house: &House<'_>) -> Vec<Finding> {
    all().flat_map(|rule| rule.look(house)).collect()
}
