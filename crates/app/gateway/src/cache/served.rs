//! The part of the settings that the cache heeds.

use aws_lc_rs::digest::{SHA256, digest};
use config::{CacheSettings, Snapshot};
use routing::{CacheRule, Caching, Route};

/// How answers are kept, and a digest of whatever decides who gives them.
#[derive(Clone, Debug)]
pub(crate) struct ServedCache {
    pub(crate) settings: CacheSettings,
    /// Somebody's answers are kept.
    pub(crate) is_used: bool,
    /// Of all providers and models as they are configured: another one has no answer in common with this.
    pub(crate) digest: [u8; 32],
}

impl ServedCache {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let settings = snapshot.cache.clone();
        let is_on = |caching| matches!(caching, Caching::On(_));
        let is_used =
            !settings.keys.is_empty() || snapshot.models.iter().any(|model| is_on(model.manner.caching));
        let digest = if is_used { digest_of(snapshot) } else { [0; 32] };
        Self { settings, is_used, digest }
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

/// Whatever is said of providers and models, secrets left out, and the cap that requests without one are given.
fn digest_of(snapshot: &Snapshot) -> [u8; 32] {
    let Snapshot { providers, models, limits, .. } = snapshot;
    let text = format!("{providers:?}{models:?}{}", limits.output_tokens_default);
    digest(&SHA256, text.as_bytes()).as_ref().try_into().expect("SHA-256 gives 32 bytes")
}
