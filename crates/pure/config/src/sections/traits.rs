//! What routing needs to know of a model, out of the catalogue's row.

use dialects::canonical::SchemaSupport;
use providers::models::Row;
use routing::{Capability, Traits};

/// What routing needs to know of a model.
pub(crate) fn traits(row: &Row) -> Traits {
    let abilities = row.facts.abilities();
    let lacking = [
        (Capability::Tools, abilities.calls_tools),
        (Capability::Images, abilities.takes_images),
        (Capability::Audio, abilities.takes_audio),
        (Capability::Documents, abilities.takes_documents),
        (Capability::Schema, abilities.schema_support == SchemaSupport::Schema),
    ];
    let lacks =
        lacking.into_iter().filter(|(_, is_able)| !is_able).map(|(capability, _)| capability).collect();
    Traits { context_tokens: row.facts.context_tokens, lacks, price: latest_price(row) }
}

/// What a thousand tokens of prompt and as many of answer cost, by the price that began last: good for comparing only.
fn latest_price(row: &Row) -> Option<u64> {
    let short = row.prices.iter().filter(|price| price.from_tokens.is_none());
    let latest = short.max_by_key(|price| price.from)?;
    let (input, output) = (latest.input.as_ref()?, latest.output.as_ref()?);
    u64::try_from(input.0.saturating_add(output.0)).ok()
}
