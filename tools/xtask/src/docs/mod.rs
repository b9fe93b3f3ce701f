//! `docs`: the pages under `docs/reference/` that say what the code says, and of `deploy/` what is made from a shorter source.
//! Everything else there is written by hand.
//!
//! A new page is one file here and one line in the list below.

mod configuration;
mod errors;
mod kubernetes_rules;
mod markdown;
mod metrics;
mod providers;
mod surfaces;
mod translation;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::dashboards::{imported, plain};

/// Makes the text of one page; it is given the root of the house.
type Make = fn(&Path) -> Result<String>;

const PAGES: &[(&str, Make)] = &[
    ("docs/reference/configuration.md", configuration::page),
    ("docs/reference/providers.md", providers::page),
    ("docs/reference/surfaces.md", surfaces::page),
    ("docs/reference/translation.md", translation::page),
    ("docs/reference/errors.md", errors::page),
    ("docs/reference/metrics.md", metrics::page),
    ("deploy/grafana/dashboards/overview.json", |root| plain(root, "overview")),
    ("deploy/grafana/dashboards/providers.json", |root| plain(root, "providers")),
    ("deploy/grafana/dashboards/money.json", |root| plain(root, "money")),
    ("deploy/grafana/dashboards/process.json", |root| plain(root, "process")),
    ("deploy/grafana/import/overview.json", |root| imported(root, "overview")),
    ("deploy/grafana/import/providers.json", |root| imported(root, "providers")),
    ("deploy/grafana/import/money.json", |root| imported(root, "money")),
    ("deploy/grafana/import/process.json", |root| imported(root, "process")),
    ("deploy/kubernetes/prometheus-rule.yaml", kubernetes_rules::page),
];

/// Writes the pages that differ from what they should be; returns which.
pub fn write(root: &Path) -> Result<Vec<&'static str>> {
    let stale = stale(root)?;
    for (path, text) in &stale {
        fs::write(root.join(path), text).with_context(|| format!("{path} cannot be written"))?;
    }
    Ok(stale.into_iter().map(|(path, _)| path).collect())
}

/// The pages that differ from what they should be, with what they should be.
pub fn stale(root: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut stale = Vec::new();
    for (path, make) in PAGES {
        let made = make(root).with_context(|| format!("{path} cannot be made"))?;
        // A page that is not there yet is as stale as one that says something else.
        if fs::read_to_string(root.join(path)).unwrap_or_default() != made {
            stale.push((*path, made));
        }
    }
    Ok(stale)
}
