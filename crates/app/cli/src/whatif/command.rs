//! `bellwether whatif`, a question to the admin API.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::shown;
use crate::arguments::{DataOptions, WhatifOptions};
use crate::near_admin::NearAdmin;
use crate::query::path;
use crate::report::say_notes;
use crate::say::say;

/// Asks and prints.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, options: &WhatifOptions) -> Result<()> {
    let prices = match &options.prices {
        None => None,
        Some(file) => {
            Some(fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?)
        }
    };
    let mut wish = json!({ "map": options.map });
    for (name, value) in [
        ("window", &options.window),
        ("from", &options.from),
        ("to", &options.to),
        ("prices", &prices),
        ("organisation", &options.organisation),
        ("project", &options.project),
    ] {
        if let Some(value) = value {
            wish[name] = Value::from(value.as_str());
        }
    }
    let told = NearAdmin::find(data, config)?.ask("POST", &path(&["whatif"]), Some(&wish))?;
    say(&if options.json { told.to_string() } else { shown::whatif(&told) });
    if !options.json {
        say_notes(&told);
    }
    Ok(())
}
