//! The models of one provider as calls see them: what is known of each, ready to be used.

use std::collections::HashMap;

use config::Provider;
use dialects::canonical::Abilities;
use providers::Quirks;

/// What is known of a provider's models, by its own names and by aliases.
#[derive(Debug, Default)]
pub(crate) struct Models {
    known: Vec<KnownModel>,
    places: HashMap<String, usize>,
    /// Of a model that nobody knows.
    pub(crate) unknown: Abilities,
}

/// What is known of one model.
#[derive(Debug)]
pub(crate) struct KnownModel {
    pub(crate) abilities: Abilities,
    /// How its requests differ, if not as those of the provider's other models do.
    pub(crate) quirks: Option<Quirks>,
}

impl Models {
    pub(crate) fn of(provider: &Provider) -> Self {
        let mut models = Self::default();
        for row in provider.known.rows() {
            let quirks = (!row.quirks.is_empty())
                .then(|| provider.deviations.over(&row.quirks.over(&provider.kind.quirks)));
            let place = models.known.len();
            models.known.push(KnownModel { abilities: row.facts.abilities(), quirks });
            models.places.insert(row.name.clone(), place);
            for alias in &row.aliases {
                models.places.entry(alias.clone()).or_insert(place);
            }
        }
        models
    }

    pub(crate) fn find(&self, name: &str) -> Option<&KnownModel> {
        self.places.get(name).map(|place| &self.known[*place])
    }
}
