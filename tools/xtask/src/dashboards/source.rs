//! What the source of a dashboard says. What is unknown or missing is an error that names it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

const FOLDER: &str = "deploy/grafana/sources";

/// One dashboard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) title: String,
    pub(super) description: String,
    #[serde(rename = "row")]
    pub(super) rows: Vec<Row>,
}

/// A heading and what stands below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) title: String,
    #[serde(rename = "panel")]
    pub(super) panels: Vec<Panel>,
}

/// One picture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Panel {
    #[serde(default)]
    pub(super) kind: PanelKind,
    pub(super) title: String,
    /// What it shows, and what to do when it looks bad.
    pub(super) description: String,
    /// A unit by Grafana's name for it.
    pub(super) unit: String,
    /// Of 24.
    pub(super) width: u32,
    /// From where on a number is yellow, and from where on red.
    pub(super) warn_at: Option<f64>,
    pub(super) bad_at: Option<f64>,
    /// Values that are words.
    #[serde(default)]
    pub(super) words: Vec<Word>,
    #[serde(rename = "query")]
    pub(super) queries: Vec<Query>,
}

/// How a panel is drawn.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum PanelKind {
    /// Lines over time.
    #[default]
    Lines,
    /// The last number, large.
    Number,
    /// Words over time.
    States,
}

/// A value that is a word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Word {
    pub(super) value: u32,
    pub(super) text: String,
    pub(super) color: String,
}

/// What Prometheus is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// The name of a line, with `{{label}}` for a label.
    pub(super) legend: String,
    /// The question, in PromQL.
    pub(super) ask: String,
}

/// Reads one by its name.
pub(super) fn read(root: &Path, name: &str) -> Result<Source> {
    let path = format!("{FOLDER}/{name}.toml");
    let text = fs::read_to_string(root.join(&path)).with_context(|| path.clone())?;
    toml::from_str(&text).context(path)
}
