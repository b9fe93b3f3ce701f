//! What can be said of what might be, and the help that teaches it.

use std::path::PathBuf;

use clap::Args;

/// Models in the place of others.
#[derive(Args, Debug)]
pub(crate) struct WhatifOptions {
    /// A model in the place of another, for all of its calls or a share: gpt-4.1=deepseek-v3.2:40%; as often as wanted. The second
    /// may name a seller: deepseek/deepseek-v3.2 [default: the cheapest].
    #[arg(long = "map", value_name = "MODEL=MODEL[:SHARE%]", required = true)]
    pub(crate) map: Vec<String>,
    /// Over the calls of the last days, such as 30d [default: 30d].
    #[arg(long, value_name = "DAYS", conflicts_with = "from")]
    pub(crate) window: Option<String>,
    /// Since when: a date in UTC, or a moment.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Before when [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// At the prices of this file [default: those in force].
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Only calls of this organisation, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) organisation: Option<String>,
    /// Only calls of this project.
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}
