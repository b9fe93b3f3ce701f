//! Parts that are not what they look like.

use config::Model;
use routing::{Policy, WEIGHT_DEFAULT};

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

/// Whoever has more than so much of the whole has nearly all of it.
const PART_MAX_PERCENT: u32 = 95;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "weight_without_effect",
        Weight::Warning,
        "weights of targets whose name has no policy: weighted",
        weight_without_effect,
    ),
    Rule::new(
        "weight_on_one",
        Weight::Hint,
        "weights that give one target more than 95 percent: the others are never tried before they are needed",
        weight_on_one,
    ),
    Rule::new(
        "line_weight_without_effect",
        Weight::Warning,
        "weights of lines whose provider has no policy: weighted",
        line_weight_without_effect,
    ),
];

fn has_weights(model: &Model) -> bool {
    model.targets.iter().any(|target| target.weight != WEIGHT_DEFAULT)
}

fn weight_without_effect(house: &House<'_>) -> Vec<Trace> {
    let found = house
        .snapshot
        .models
        .iter()
        .filter(|model| has_weights(model) && model.policy != Some(Policy::Weighted));
    found
        .map(|model| {
            let what = match model.policy {
                None => "without a policy targets are asked one after the other: the weights do nothing",
                Some(_) => "this policy does not go by weights: they do nothing",
            };
            Trace::of_model(&model.name, "policy", what, "write policy: weighted, or leave the weights out")
        })
        .collect()
}

fn weight_on_one(house: &House<'_>) -> Vec<Trace> {
    let weighted = house.snapshot.models.iter().filter(|model| model.policy == Some(Policy::Weighted));
    let mut found = Vec::new();
    for model in weighted.filter(|model| model.targets.len() > 1) {
        let sum: u32 = model.targets.iter().map(|target| target.weight).sum();
        let Some(most) = model.targets.iter().max_by_key(|target| target.weight) else { continue };
        if most.weight.saturating_mul(100) > sum.saturating_mul(PART_MAX_PERCENT) {
            let label = format!("{}/{}", most.provider, most.model);
            let what = format!(
                "{label} has {} of {sum} parts: what is wrong with the others shows when they are needed",
                most.weight
            );
            found.push(Trace::of_model(&model.name, label, what, "give the others a part that is seen"));
        }
    }
    found
}

fn line_weight_without_effect(house: &House<'_>) -> Vec<Trace> {
    let found = house.snapshot.providers.iter().filter(|provider| {
        provider.policy != Policy::Weighted && provider.lines.iter().any(|line| line.weight != WEIGHT_DEFAULT)
    });
    // A name's own policy takes the weights of lines along.
    let is_weighted = house.snapshot.models.iter().any(|model| model.policy == Some(Policy::Weighted));
    found
        .filter(|_| !is_weighted)
        .map(|provider| {
            Trace::of(
                format!("providers.{}.policy", provider.id),
                "its lines have weights, and its policy does not go by them",
                "write policy: weighted, or leave the weights out",
            )
        })
        .collect()
}
