//! The way of every import: read, plan, check, tell, and write if told where.

use anyhow::{Result, bail};
use imports::Imported;
use imports::new_api::NewApiImport;

use super::outputs::Outputs;
use super::{env_file, litellm, new_api, shown};
use crate::arguments::{DataOptions, ImportCommand, ImportOptions};
use crate::say::say;
use crate::settings::refused;

/// Carries one import out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: ImportCommand) -> Result<()> {
    match command {
        ImportCommand::Litellm { file, options } => {
            let outputs = Outputs::check(&options)?;
            let found = Found {
                source: file.display().to_string(),
                gateway: "litellm",
                imported: litellm::read(&file)?,
            };
            finish(&found, String::new(), outputs.as_ref(), &options)
        }
        ImportCommand::NewApi { source, layout, options } => {
            let outputs = Outputs::check(&options)?;
            let NewApiImport { imported, accounts } = new_api::read(&source, layout)?;
            // Digests need the master key, which a dry run has no business with.
            let accounts = match outputs {
                Some(_) => new_api::accounts_text(&accounts, data)?,
                None => String::new(),
            };
            let found = Found { source: new_api::shown(&source).to_owned(), gateway: "new-api", imported };
            finish(&found, accounts, outputs.as_ref(), &options)
        }
    }
}

/// What an import came to.
struct Found {
    source: String,
    gateway: &'static str,
    imported: Imported,
}

/// Checks and tells what was planned, and writes it, all or nothing.
fn finish(found: &Found, accounts: String, outputs: Option<&Outputs>, options: &ImportOptions) -> Result<()> {
    let Found { source, gateway, imported } = found;
    let text = imported.draft.yaml(&format!("Made from {source} by `bellwether import {gateway}`."));
    // A draft that our own check refuses is our mistake, and must not look like a configuration.
    imported.check("the draft", &text).map_err(|problems| refused(&problems))?;
    let is_empty = imported.draft.is_empty();
    let written = match outputs {
        Some(outputs) if !is_empty => outputs
            .write(&text, &[("env", env_file::text(&imported.secrets)), ("accounts.jsonl", accounts)])?,
        _ => Vec::new(),
    };
    say(&if options.json {
        shown::json(source, imported, &text, &written).to_string()
    } else {
        shown::text(source, imported, &text, &written)
    });
    if is_empty {
        bail!("nothing in {source} could be carried that would answer anybody; nothing was written");
    }
    Ok(())
}
