//! `bellwether audit`: who changed what, from the running server or, without one, from the data directory.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use store::{AuditEntry, AuditRecords, DataDir};

use crate::admin_client::AdminClient;
use crate::arguments::{AuditCommand, DataOptions};
use crate::environment;
use crate::local_store::LocalStore;
use crate::say::say;
use crate::table::table;

const HEADINGS: [&str; 6] = ["NUMBER", "AT", "BY", "ACTION", "SUBJECT", "REASON"];

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: &AuditCommand) -> Result<()> {
    let &AuditCommand::List { limit, before, json } = command;
    let path = environment::data_dir(data)?;
    let listed = match AdminClient::find_in(path.clone())? {
        Some(server) => {
            let before = before.map(|number| format!("&before={number}")).unwrap_or_default();
            server.ask("GET", &format!("/admin/v1/audit?limit={limit}{before}"), None)?
        }
        None if !path.exists() => {
            bail!("there is no data directory {}; say --data-dir DIR", path.display())
        }
        None => {
            let local = LocalStore::open(&DataDir::create(path)?)?;
            let entries = local.runtime.block_on(local.store.audit(before, limit))?;
            json!({ "audit": entries.iter().map(AuditEntry::json).collect::<Vec<_>>() })
        }
    };
    say(&if json { listed.to_string() } else { shown(&listed) });
    Ok(())
}

fn shown(listed: &Value) -> String {
    let entries = listed["audit"].as_array().map_or(&[][..], Vec::as_slice);
    let rows: Vec<[String; 6]> = entries.iter().map(row).collect();
    if rows.is_empty() { "nothing has been changed yet".to_owned() } else { table(HEADINGS, &rows) }
}

fn row(entry: &Value) -> [String; 6] {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    // Nobody said a name: what let him in is known.
    let by = if entry["by"].is_null() { text("actor") } else { text("by") };
    [entry["number"].to_string(), text("at"), by, text("action"), text("subject"), text("reason")]
}
