//! The fields of a row of the list: what each is the price of, for whom and from how many tokens on.

use ledger::prices::Component;

/// What one field is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) component: Component,
    /// The service tier; `None` for the usual one.
    pub(super) service: Option<&'static str>,
    /// From so many tokens of the prompt on.
    pub(super) from_tokens: u64,
}

/// Each field of a price, without what is said behind it of tiers.
const BASES: &[(&str, Component)] = &[
    ("input_cost_per_token", Component::Input),
    ("output_cost_per_token", Component::Output),
    ("cache_read_input_token_cost", Component::CacheRead),
    ("cache_creation_input_token_cost_above_1hr", Component::CacheWriteLong),
    ("cache_creation_input_token_cost", Component::CacheWrite),
    ("output_cost_per_reasoning_token", Component::Reasoning),
    ("input_cost_per_audio_token", Component::AudioInput),
    ("output_cost_per_audio_token", Component::AudioOutput),
    ("input_cost_per_image_token", Component::ImageInput),
    ("output_cost_per_image_token", Component::ImageOutput),
    ("output_cost_per_image", Component::Image),
    ("input_cost_per_request", Component::Request),
    ("input_cost_per_query", Component::Search),
];

/// Their words for service tiers, and the words in answers.
const SERVICES: &[(&str, &str)] =
    &[("batches", "batch"), ("flex", "flex"), ("priority", "priority"), ("ultrafast", "ultrafast")];

/// What a field means; `None` for one that is no price that we have a word for.
pub(super) fn meaning(field: &str) -> Option<Meaning> {
    BASES.iter().find_map(|(base, component)| {
        let rest = field.strip_prefix(base)?;
        let (rest, service) = of_service(rest);
        let from_tokens = from_tokens(rest)?;
        Some(Meaning { component: *component, service, from_tokens })
    })
}

fn of_service(rest: &str) -> (&str, Option<&'static str>) {
    let found = SERVICES
        .iter()
        .find_map(|(theirs, ours)| Some((rest.strip_suffix(theirs)?.strip_suffix('_')?, *ours)));
    found.map_or((rest, None), |(rest, service)| (rest, Some(service)))
}

/// `_above_272k_tokens`: the price of longer prompts, so from the next token on.
fn from_tokens(rest: &str) -> Option<u64> {
    if rest.is_empty() {
        return Some(0);
    }
    let thousands: u64 = rest.strip_prefix("_above_")?.strip_suffix("k_tokens")?.parse().ok()?;
    thousands.checked_mul(1000)?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use ledger::prices::Component;

    use super::{Meaning, meaning};

    #[test]
    fn fields_mean_a_component_a_tier_and_a_length() {
        for (field, component, service, from_tokens) in [
            ("input_cost_per_token", Component::Input, None, 0),
            ("output_cost_per_token_above_272k_tokens", Component::Output, None, 272_001),
            ("input_cost_per_token_batches", Component::Input, Some("batch"), 0),
            (
                "cache_read_input_token_cost_above_272k_tokens_priority",
                Component::CacheRead,
                Some("priority"),
                272_001,
            ),
            ("cache_creation_input_token_cost_above_1hr", Component::CacheWriteLong, None, 0),
            (
                "cache_creation_input_token_cost_above_1hr_above_200k_tokens",
                Component::CacheWriteLong,
                None,
                200_001,
            ),
            ("cache_creation_input_token_cost_above_100k_tokens", Component::CacheWrite, None, 100_001),
            ("output_cost_per_image_token_batches", Component::ImageOutput, Some("batch"), 0),
            ("output_cost_per_image", Component::Image, None, 0),
        ] {
            assert_eq!(meaning(field), Some(Meaning { component, service, from_tokens }), "{field}");
        }
        for field in [
            "input_cost_per_token_cache_hit",
            "output_cost_per_image_1024",
            "cache_creation_input_token_cost_above_12hr",
            "input_cost_per_token_balanced",
            "input_cost_per_character",
            "max_tokens",
        ] {
            assert_eq!(meaning(field), None, "{field}");
        }
    }
}
