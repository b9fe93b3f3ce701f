//! `bellwether audit list`.

use anyhow::{Context, Result};
use domain::{OrganisationId, Timestamp};
use serde_json::{Value, json};
use store::{AuditEntry, AuditFilter, AuditRecords, Reach};

use super::local;
use crate::admin_client::AdminClient;
use crate::arguments::{AuditListing, DataOptions};
use crate::environment;
use crate::query::query;
use crate::say::say;
use crate::table::table;

const HEADINGS: [&str; 6] = ["NUMBER", "AT", "BY", "ACTION", "SUBJECT", "REASON"];

/// Lists what was asked for.
pub(crate) fn list(data: &DataOptions, asked: &AuditListing) -> Result<()> {
    let path = environment::data_dir(data)?;
    let listed = match AdminClient::find_in(path.clone())? {
        Some(server) => server.ask("GET", &format!("/admin/v1/audit{}", asked_of_server(asked)), None)?,
        None => {
            let filter = filter(asked)?;
            let local = local(path)?;
            let found = local.store.search(&Reach::All, &filter, asked.before, asked.limit);
            let entries = local.runtime.block_on(found)?;
            json!({ "audit": entries.iter().map(AuditEntry::json).collect::<Vec<_>>() })
        }
    };
    say(&if asked.json { listed.to_string() } else { shown(&listed) });
    Ok(())
}

fn asked_of_server(asked: &AuditListing) -> String {
    let (limit, before) = (asked.limit.to_string(), asked.before.map(|number| number.to_string()));
    query([
        ("limit", Some(limit.as_str())),
        ("before", before.as_deref()),
        ("action", asked.action.as_deref()),
        ("subject", asked.subject.as_deref()),
        ("actor", asked.actor.as_deref()),
        ("organisation", asked.organisation.as_deref()),
        ("from", asked.from.as_deref()),
        ("to", asked.to.as_deref()),
    ])
}

fn filter(asked: &AuditListing) -> Result<AuditFilter> {
    let organisation = asked.organisation.as_deref().map(|text| {
        OrganisationId::parse(text).with_context(|| format!("{text:?} is no id of an organisation"))
    });
    Ok(AuditFilter {
        action: asked.action.clone(),
        subject: asked.subject.clone(),
        actor: asked.actor.clone(),
        organisation: organisation.transpose()?,
        from: moment(asked.from.as_deref())?,
        to: moment(asked.to.as_deref())?,
    })
}

fn moment(text: Option<&str>) -> Result<Option<Timestamp>> {
    let read = |text: &str| {
        let message =
            || format!("{text:?} is no date or time in UTC such as 2026-11-27 or 2026-11-27T09:30:00Z");
        Timestamp::parse(text).with_context(message)
    };
    text.map(read).transpose()
}

fn shown(listed: &Value) -> String {
    let entries = listed["audit"].as_array().map_or(&[][..], Vec::as_slice);
    let rows: Vec<[String; 6]> = entries.iter().map(row).collect();
    if rows.is_empty() { "there is no such entry".to_owned() } else { table(HEADINGS, &rows) }
}

fn row(entry: &Value) -> [String; 6] {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    // Nobody said a name: what let him in is known.
    let by = if entry["by"].is_null() { text("actor") } else { text("by") };
    [entry["number"].to_string(), text("at"), by, text("action"), text("subject"), text("reason")]
}
