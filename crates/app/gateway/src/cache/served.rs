//! The part of the settings that the cache heeds.

use std::sync::Arc;

use config::{CacheSettings, Model, Provider, Snapshot};
use routing::{CacheRule, Caching, Route};

/// How answers are kept, and whose they are.
#[derive(Clone, Debug)]
pub(crate) struct ServedCache {
    pub(crate) settings: CacheSettings,
    /// Somebody's answers are kept.
    pub(crate) is_used: bool,
    /// Counted up with every change of who answers, or how: what was kept before is another's then, also if a change is taken
    /// back.
    pub(crate) revision: u64,
    answering: Answering,
}

/// Whatever decides who gives which answer.
#[derive(Clone, Debug, PartialEq)]
struct Answering {
    providers: Arc<[Provider]>,
    models: Vec<Model>,
    /// What requests without a cap are given.
    output_tokens_default: u64,
}

impl ServedCache {
    pub(crate) fn of(snapshot: &Snapshot, before: Option<&Self>) -> Self {
        let settings = snapshot.cache.clone();
        let is_on = |caching| matches!(caching, Caching::On(_));
        let is_used =
            !settings.keys.is_empty() || snapshot.models.iter().any(|model| is_on(model.manner.caching));
        let answering = Answering {
            providers: snapshot.providers.clone(),
            models: snapshot.models.clone(),
            output_tokens_default: u64::from(snapshot.limits.output_tokens_default),
        };
        let revision = before.map_or(0, |before| {
            let has_changed = before.answering != answering;
            before.revision + u64::from(has_changed)
        });
        Self { settings, is_used, revision, answering }
    }

    /// How the answers of a route are kept for a key; not at all if `None`.
    pub(crate) fn rule(&self, route: &Route, key: &str) -> Option<CacheRule> {
        match route.manner.caching {
            Caching::On(rule) => Some(rule),
            Caching::Off => None,
            Caching::Unsaid => {
                self.settings.keys.iter().any(|known| known == key).then_some(self.settings.rule)
            }
        }
    }
}
