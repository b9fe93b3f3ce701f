//! The checked configuration: what the gateway runs by. Immutable; a new one replaces it part by part.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use domain::{BaseUrl, Network};
use routing::{Route, Routes, RoutesBuilder};

use crate::secret_use::SecretUse;
use crate::sections::accounts::AccountSettings;
use crate::sections::alerts::AlertSettings;
use crate::sections::cache::CacheSettings;
use crate::sections::errors::Errors;
use crate::sections::health::Health;
use crate::sections::idempotency::Idempotency;
use crate::sections::keys::Keys;
use crate::sections::known_names;
use crate::sections::ledger::LedgerSettings;
use crate::sections::limits::Limits;
use crate::sections::listeners::Listener;
use crate::sections::log::Log;
use crate::sections::metrics::Metrics;
use crate::sections::models::Model;
use crate::sections::providers::{Line, Origin, Provider};
use crate::sections::reports::Reports;
use crate::sections::requests::Requests;
use crate::sections::retries::Retries;
use crate::sections::timeouts::Timeouts;

/// Name of the built-in demo provider.
pub const DEMO_ID: &str = "demo";

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// This gateway's own region.
    pub region: String,
    /// This gateway's name in metrics and logs.
    pub service: String,
    /// Threads that serve callers; `None` for one per core.
    pub workers: Option<u16>,
    /// Where callers connect; at least one.
    pub listeners: Vec<Listener>,
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: Arc<[Network]>,
    /// Where media that callers name by address may lie, besides the public internet.
    pub private_media: Arc<[Network]>,
    /// Where administrators connect; `None` for the callers' port.
    pub admin_listen: Option<SocketAddr>,
    /// Address for links in error messages.
    pub public_url: Option<BaseUrl>,
    /// Where uploads lie that do not fit into memory; `None` for the data directory.
    pub spool_dir: Option<PathBuf>,
    /// Those who answer: of the file in its order, then of the environment. A target's numbers are places in here.
    pub providers: Arc<[Provider]>,
    /// Names of the operator's own for callers to ask for, as configured; `routes` is made of them and the providers.
    pub models: Vec<Model>,
    /// Names callers may ask for, and who serves them.
    pub routes: Arc<Routes>,
    /// How new keys are made.
    pub keys: Keys,
    /// Who may read the figures.
    pub metrics: Metrics,
    /// The form of error answers.
    pub errors: Errors,
    /// How much of everything.
    pub limits: Arc<Limits>,
    /// How long for everything.
    pub timeouts: Arc<Timeouts>,
    /// When it is tried again.
    pub retries: Arc<Retries>,
    /// When a target is left alone, and when it is asked again.
    pub health: Arc<Health>,
    /// Where log lines go.
    pub log: Log,
    /// What new organisations get, and who is told of low balances.
    pub accounts: AccountSettings,
    /// How money of calls is kept safe.
    pub ledger: LedgerSettings,
    /// What is kept of calls.
    pub requests: Requests,
    /// What calls are summed up to.
    pub reports: Reports,
    /// What is kept for requests that are sent twice.
    pub idempotency: Idempotency,
    /// How answers are kept for whoever asks the same.
    pub cache: CacheSettings,
    /// What operators are told of, and where.
    pub alerts: Arc<AlertSettings>,
    /// Where secrets of the gateway's own store are named.
    pub secret_uses: Vec<SecretUse>,
    /// What is allowed but worth saying, one sentence each.
    pub notes: Vec<String>,
}

impl Snapshot {
    /// The same with the demo provider, which serves `models` at `base_url`. For a configuration without providers.
    #[must_use]
    pub fn with_demo(self, base_url: BaseUrl, models: Vec<String>) -> Self {
        let line = Line::at(base_url, None);
        let usual = Provider::of_kind(DEMO_ID.to_owned(), &providers::COMPATIBLE, vec![line], Origin::Demo);
        let demo = Provider { models: Some(models), ..usual };
        let providers: Arc<[Provider]> = self.providers.iter().cloned().chain([demo]).collect();
        // A configuration without providers has no models either: they would have nobody to serve them.
        Self { routes: Arc::new(routes(&providers, &[])), providers, ..self }
    }

    /// Whether only the demo provider answers.
    pub fn is_demo(&self) -> bool {
        self.providers.iter().all(|provider| provider.origin == Origin::Demo) && !self.providers.is_empty()
    }
}

/// The routes of these providers and models.
pub(crate) fn routes(providers: &[Provider], models: &[(String, Route)]) -> Routes {
    let mut builder = RoutesBuilder::default();
    for (place, provider) in (0..).zip(providers) {
        builder.provider(&provider.id, place, provider.routing_ways(), provider.models.as_deref());
        builder.known(&known_names::names(provider));
    }
    for (name, route) in models {
        builder.model(name, route);
    }
    builder.build()
}
