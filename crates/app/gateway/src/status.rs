//! What the control plane has found out about keys and the configuration, for health and metrics to show. Nothing here
//! changes how a call is served.

use std::sync::Arc;

use arc_swap::ArcSwap;
use domain::Timestamp;
use observe::Gauge;
use serde_json::{Value, json};

use crate::background::{CheckedKey, KeyState, PaidProbes};
use crate::listener::CertificateHandle;
use crate::serving::Serving;

/// What the control plane has found out; each part is swapped whole.
#[derive(Debug, Default)]
pub struct Status {
    keys: ArcSwap<Vec<CheckedKey>>,
    config: ArcSwap<ConfigStatus>,
    gauges: ArcSwap<Vec<Gauge>>,
    certificates: ArcSwap<Vec<CertificateHandle>>,
    /// What paid probes have found.
    pub(crate) paid_probes: PaidProbes,
}

/// Which configuration is in force, and whether it is what the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigStatus {
    /// The file, if there is one.
    pub file: Option<String>,
    /// The kept version that is in force, once it is kept.
    pub version: Option<i64>,
    /// Since when it is in force.
    pub since: Option<Timestamp>,
    /// Why the file as it stands is not in force; empty if it is.
    pub problems: Vec<String>,
    /// What differs from what is in force, but counts from the next start only.
    pub needs_restart: Vec<String>,
}

impl Status {
    /// Forgets what is known of keys: others are being tried.
    pub fn forget_keys(&self) {
        self.keys.store(Arc::default());
    }

    /// Takes what came of trying a provider's keys.
    pub fn note_keys(&self, keys: &[CheckedKey]) {
        self.keys.rcu(|known| [known.as_slice(), keys].concat());
    }

    /// Takes what the control plane counts itself, to be shown with the rest.
    pub fn note_gauges(&self, gauges: Vec<Gauge>) {
        self.gauges.store(Arc::new(gauges));
    }

    /// What the control plane counts itself.
    pub(crate) fn gauges(&self) -> Arc<Vec<Gauge>> {
        self.gauges.load_full()
    }

    /// Takes the certificates of listeners, to be shown when they end.
    pub fn note_certificates(&self, certificates: Vec<CertificateHandle>) {
        self.certificates.store(Arc::new(certificates));
    }

    /// The certificates of listeners.
    pub(crate) fn certificates(&self) -> Arc<Vec<CertificateHandle>> {
        self.certificates.load_full()
    }

    /// Takes the state of the configuration.
    pub fn note_config(&self, config: ConfigStatus) {
        self.config.store(Arc::new(config));
    }

    /// The state of the configuration.
    pub fn config(&self) -> Arc<ConfigStatus> {
        self.config.load_full()
    }

    /// Every provider with its keys, as the admin API shows them. A key that was not tried yet is not among them.
    pub(crate) fn providers_json(&self, serving: &Serving) -> Value {
        let keys = self.keys.load();
        let providers = serving.providers.iter().map(|provider| {
            let own: Vec<&CheckedKey> = keys.iter().filter(|key| key.provider == provider.id()).collect();
            json!({
                "id": provider.id(),
                "state": state_of(&own),
                "keys": own.iter().map(|key| key.json()).collect::<Vec<_>>(),
            })
        });
        providers.collect()
    }

    /// The configuration as the admin API shows it.
    pub(crate) fn config_json(&self) -> Value {
        let config = self.config.load();
        json!({
            "file": config.file,
            "version": config.version,
            "since": config.since.map(Timestamp::rfc3339),
            "state": if config.problems.is_empty() { "current" } else { "refused" },
            "problems": config.problems,
            "needs_restart": config.needs_restart,
        })
    }

    /// How many keys of each provider are in each state.
    pub(crate) fn key_counts(&self, serving: &Serving) -> Vec<(String, KeyState, usize)> {
        let keys = self.keys.load();
        let mut labels: Vec<&str> =
            serving.providers.iter().map(|provider| serving.label_of(provider.id())).collect();
        labels.sort_unstable();
        labels.dedup();
        let count = |label: &str, state| {
            keys.iter().filter(|key| key.state == state && serving.label_of(&key.provider) == label).count()
        };
        let rows = labels
            .iter()
            .flat_map(|label| KeyState::ALL.map(|state| ((*label).to_owned(), state, count(label, state))));
        rows.collect()
    }
}

/// A provider with one working key works; one whose every key is refused has no working key.
fn state_of(keys: &[&CheckedKey]) -> &'static str {
    let has = |state| keys.iter().any(|key| key.state == state);
    if keys.is_empty() {
        "unchecked"
    } else if has(KeyState::Working) {
        "working"
    } else if keys.iter().all(|key| key.state == KeyState::Refused) {
        "no_working_key"
    } else if has(KeyState::Unchecked) {
        "unchecked"
    } else {
        "unreachable"
    }
}
