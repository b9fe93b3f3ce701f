//! The way of every import: read, plan, check, tell, and write if told where.

use anyhow::{Result, bail};
use imports::Imported;

use super::outputs::{Outputs, Written};
use super::{env_file, litellm, shown};
use crate::arguments::{ImportCommand, ImportOptions};
use crate::say::say;
use crate::settings::refused;

/// Carries one import out and prints its outcome.
pub(crate) fn run(command: ImportCommand) -> Result<()> {
    match command {
        ImportCommand::Litellm { file, options } => {
            let outputs = Outputs::check(&options)?;
            let source = file.display().to_string();
            finish(&source, "litellm", &litellm::read(&file)?, &[], outputs, &options)
        }
    }
}

/// Checks and tells what was planned, and writes it, all or nothing. `others` are further files and their texts.
fn finish(
    source: &str,
    gateway: &str,
    imported: &Imported,
    others: &[(&'static str, String)],
    outputs: Option<Outputs>,
    options: &ImportOptions,
) -> Result<()> {
    let text = imported.draft.yaml(&format!("Made from {source} by `bellwether import {gateway}`."));
    // A draft that our own check refuses is our mistake, and must not look like a configuration.
    imported.check("the draft", &text).map_err(|problems| refused(&problems))?;
    let secrets = env_file::text(&imported.secrets);
    let is_empty = imported.draft.is_empty();
    let written = match outputs {
        Some(outputs) if !is_empty => {
            let mut files = vec![("env", secrets)];
            files.extend(others.iter().map(|(ending, text)| (*ending, text.clone())));
            Some(outputs.write(&text, &files)?)
        }
        _ => None,
    };
    let written: &[Written] = written.as_deref().unwrap_or_default();
    say(&if options.json {
        shown::json(source, imported, &text, written).to_string()
    } else {
        shown::text(source, imported, &text, written)
    });
    if is_empty {
        bail!("nothing in {source} could be carried that would answer anybody; nothing was written");
    }
    Ok(())
}
