//! `metrics`: who may read the figures, and how they name providers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::label::label;
use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::secret_source::{Credential, resolve};
use crate::sources::Sources;

/// Figures for Prometheus.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsSection {
    /// Who may read `/metrics`; default `open`.
    access: Option<MetricsAccess>,
    /// Key that opens `/metrics` as a bearer token: `env:NAME`, `file:/path` or `secret:NAME`. Needed for `access: key`, and for
    /// readers from public addresses.
    #[schemars(extend("writeOnly" = true))]
    key: Option<String>,
    /// One constant for the label `provider` in place of each provider's own id.
    provider_label: Option<String>,
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricsAccess {
    /// Direct peers with loopback or private addresses need no key.
    #[default]
    Open,
    /// Everybody needs the key.
    Key,
}

/// Who may read the figures, and how they name providers.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// Whether peers with private addresses need the key too.
    pub access: MetricsAccess,
    /// The key; without one nobody from a public address can read.
    pub key: Option<Credential>,
    /// Stands in the label `provider` in place of each provider's id.
    pub provider_label: Option<String>,
}

pub(crate) fn check(section: Option<MetricsSection>, sources: &Sources<'_>, report: &mut Report) -> Metrics {
    let section = section.unwrap_or_default();
    let path = KeyPath::default().key("metrics");
    let access = section.access.unwrap_or_default();
    if access == MetricsAccess::Key && section.key.is_none() {
        let hint = "add key: \"env:NAME\" or key: \"file:/path\"".to_owned();
        report.add(&path.key("key"), "nothing", "is required for access: key", hint);
    }
    Metrics {
        access,
        key: section.key.and_then(|text| resolve(&text, &path.key("key"), sources, report)),
        provider_label: section.provider_label.map(|text| label(text, &path.key("provider_label"), report)),
    }
}
