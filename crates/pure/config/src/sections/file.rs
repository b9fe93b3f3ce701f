//! The whole file: its sections and the few settings that stand alone.

use std::path::PathBuf;

use domain::BaseUrl;
use schemars::JsonSchema;
use serde::Deserialize;

use super::accounts::AccountsSection;
use super::admin::AdminSection;
use super::alerts::AlertsSection;
use super::cache::CacheSection;
use super::errors::ErrorsSection;
use super::health::HealthSection;
use super::idempotency::IdempotencySection;
use super::keys::KeysSection;
use super::label::{label, label_flaw};
use super::ledger::LedgerSection;
use super::limits::LimitsSection;
use super::listeners::ListenerEntry;
use super::log::LogSection;
use super::metrics::MetricsSection;
use super::models::ModelEntry;
use super::providers::ProviderEntry;
use super::reports::ReportsSection;
use super::requests::RequestsSection;
use super::retries::RetriesSection;
use super::timeouts::TimeoutsSection;
use crate::key_path::KeyPath;
use crate::named::Named;
use crate::problem::Report;
use crate::shown;
use crate::sources::Sources;

/// Region of this gateway unless configured.
const REGION_DEFAULT: &str = "local";
/// Service name of this gateway unless configured.
const SERVICE_DEFAULT: &str = "bellwether";
/// Configuration of a Bellwether gateway. Every key may be left out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(title = "Bellwether")]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// This gateway's own region, shown by `/v1/health`. Letters, digits, `.`, `_` and `-`; default `local`.
    /// `--region` and BELLWETHER_REGION go before it.
    pub(crate) region: Option<String>,
    /// This gateway's name in metrics and logs; default `bellwether`. `--service` and BELLWETHER_SERVICE go before it,
    /// OTEL_SERVICE_NAME after it.
    pub(crate) service: Option<String>,
    /// Threads that serve callers; default one per core.
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) workers: Option<u16>,
    /// Where callers connect; default 127.0.0.1:4000 without TLS. `--listen` and BELLWETHER_LISTEN go before it.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) listeners: Option<Vec<ListenerEntry>>,
    /// Addresses and networks of the proxies in front, such as 10.0.0.0/8: who connects from there is known by the
    /// `X-Forwarded-For` that he sends. Default: none; the header then counts from nobody.
    #[schemars(length(max = 1024))]
    pub(crate) trusted_proxies: Option<Vec<String>>,
    /// Networks, such as 10.0.0.0/8, where pictures and documents that callers name by address may lie, besides the
    /// public internet. Default: none; a private address is then refused.
    #[schemars(length(max = 1024))]
    pub(crate) private_media: Option<Vec<String>>,
    /// The administrators' side.
    pub(crate) admin: Option<AdminSection>,
    /// Address under which callers reach this gateway, for links in error messages.
    pub(crate) public_url: Option<String>,
    /// Where uploads lie that do not fit into memory, as files without a name. Default: the data directory.
    pub(crate) spool_dir: Option<String>,
    /// Those who answer, by a name of your own. Their order decides who is tried first when several take any model.
    pub(crate) providers: Option<Named<ProviderEntry>>,
    /// Names of your own for callers to ask for, and who serves them.
    pub(crate) models: Option<Named<ModelEntry>>,
    /// The keys that callers are given.
    pub(crate) keys: Option<KeysSection>,
    /// Figures for Prometheus.
    pub(crate) metrics: Option<MetricsSection>,
    /// The form of error answers.
    pub(crate) errors: Option<ErrorsSection>,
    /// How much of everything.
    pub(crate) limits: Option<LimitsSection>,
    /// How long for everything, in milliseconds.
    pub(crate) timeouts: Option<TimeoutsSection>,
    /// When it is tried again.
    pub(crate) retries: Option<RetriesSection>,
    /// When a target is left alone, and when it is asked again.
    pub(crate) health: Option<HealthSection>,
    /// The request log and our own messages.
    pub(crate) log: Option<LogSection>,
    /// Accounts of money.
    pub(crate) accounts: Option<AccountsSection>,
    /// The ledger of accounts.
    pub(crate) ledger: Option<LedgerSection>,
    /// The rows that are kept of calls.
    pub(crate) requests: Option<RequestsSection>,
    /// What calls are summed up to.
    pub(crate) reports: Option<ReportsSection>,
    /// What operators are told of, and where.
    pub(crate) alerts: Option<AlertsSection>,
    /// Answers that are kept for requests which are sent twice.
    pub(crate) idempotency: Option<IdempotencySection>,
    /// Answers that are kept in memory for whoever asks the same.
    pub(crate) cache: Option<CacheSection>,
}

/// The gateway's own region: flag, file, default.
pub(crate) fn region(configured: Option<String>, sources: &Sources<'_>, report: &mut Report) -> String {
    if let Some(given) = &sources.overrides.region {
        return outside_label("--region", given, report);
    }
    let path = KeyPath::default().key("region");
    configured.map_or_else(|| REGION_DEFAULT.to_owned(), |text| label(text, &path, report))
}

/// The gateway's service name: flag, file, OpenTelemetry's variable, default.
pub(crate) fn service(configured: Option<String>, sources: &Sources<'_>, report: &mut Report) -> String {
    const OTEL_VARIABLE: &str = "OTEL_SERVICE_NAME";
    if let Some(given) = &sources.overrides.service {
        return outside_label("--service", given, report);
    }
    if let Some(text) = configured {
        return label(text, &KeyPath::default().key("service"), report);
    }
    sources
        .variable(OTEL_VARIABLE)
        .map_or_else(|| SERVICE_DEFAULT.to_owned(), |given| outside_label(OTEL_VARIABLE, &given, report))
}

/// Where uploads lie.
pub(crate) fn spool_dir(configured: Option<String>, report: &mut Report) -> Option<PathBuf> {
    if configured.as_deref() == Some("") {
        let hint = "leave it out to use the data directory".to_owned();
        report.add(&KeyPath::default().key("spool_dir"), "nothing", "names no directory", hint);
    }
    configured.map(PathBuf::from)
}

/// The address for links; a trailing slash is dropped.
pub(crate) fn public_url(configured: Option<&str>, report: &mut Report) -> Option<BaseUrl> {
    let text = configured?;
    BaseUrl::parse(text)
        .map_err(|error| {
            report.add(&KeyPath::default().key("public_url"), shown::text(text), error.to_string(), None);
        })
        .ok()
}

fn outside_label(name: &str, text: &str, report: &mut Report) -> String {
    if let Some(flaw) = label_flaw(text) {
        report.add_outside(name, shown::text(text), flaw, None);
    }
    text.to_owned()
}
