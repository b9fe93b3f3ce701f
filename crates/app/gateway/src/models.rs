//! The models of one provider as calls see them: what is known of each, ready to be used.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use config::Provider;
use dialects::canonical::Abilities;
use providers::Quirks;
use providers::models::Row;

/// What is known of a provider's models, by its own names and by aliases.
#[derive(Debug, Default)]
pub(crate) struct Models {
    known: Vec<KnownModel>,
    places: HashMap<String, usize>,
    /// Of a model that nobody knows.
    pub(crate) unknown: Abilities,
    unknown_refuse_beginnings: AtomicBool,
}

/// What is known of one model.
#[derive(Debug)]
pub(crate) struct KnownModel {
    pub(crate) abilities: Abilities,
    /// How its requests differ, if not as those of the provider's other models do.
    pub(crate) quirks: Option<Quirks>,
    /// What a million tokens of prompt and of answer cost, in billionths of a dollar.
    pub(crate) nanos_per_million: Option<(u64, u64)>,
    /// It has refused the beginning of an answer.
    refuses_beginnings: AtomicBool,
}

impl Models {
    pub(crate) fn of(provider: &Provider) -> Self {
        let mut models = Self::default();
        models.unknown.continuing = provider.quirks().continuing();
        for row in provider.known.rows() {
            let quirks = (!row.quirks.is_empty())
                .then(|| provider.deviations.over(&row.quirks.over(&provider.kind.quirks)));
            let place = models.known.len();
            let continuing = quirks.as_ref().map_or(models.unknown.continuing, Quirks::continuing);
            models.known.push(KnownModel {
                abilities: Abilities { continuing, ..row.facts.abilities() },
                quirks,
                nanos_per_million: price_of(row),
                refuses_beginnings: AtomicBool::new(false),
            });
            models.places.insert(row.name.clone(), place);
            for alias in &row.aliases {
                models.places.entry(alias.clone()).or_insert(place);
            }
        }
        models
    }

    /// Whether a model has refused the beginning of an answer.
    pub(crate) fn refuses_beginnings(&self, name: &str) -> &AtomicBool {
        self.find(name).map_or(&self.unknown_refuse_beginnings, |model| &model.refuses_beginnings)
    }

    pub(crate) fn find(&self, name: &str) -> Option<&KnownModel> {
        self.places.get(name).map(|place| &self.known[*place])
    }
}

/// By the price for short prompts that began last.
fn price_of(row: &Row) -> Option<(u64, u64)> {
    let prices = row.prices.iter();
    let short = prices.filter(|price| price.from_tokens.is_none() && price.currency == "USD");
    let latest = short.max_by_key(|price| price.from)?;
    Some((u64::try_from(latest.input?.0).ok()?, u64::try_from(latest.output?.0).ok()?))
}
