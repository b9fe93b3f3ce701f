//! Starts and changes of the configuration, for the audit. They are in force whether or not they can be written there: a file
//! that changed is no change of the database that one transaction could hold together.

use std::sync::Arc;

use admin::ReloadReport;
use domain::Timestamp;
use observe::{Level, Log};
use serde_json::{Value, json};
use store::{AuditRecords, NewAuditEntry, Who};

/// Writes the entries.
pub(super) struct Noting {
    pub(super) audit: Arc<dyn AuditRecords>,
    pub(super) log: Log,
}

/// What brought a configuration in force.
pub(super) struct Change<'a> {
    pub(super) action: &'static str,
    pub(super) file: Option<String>,
    pub(super) who: Who,
    pub(super) reason: &'a str,
    /// The versions before and after, where they are kept.
    pub(super) versions: [Option<i64>; 2],
    pub(super) report: &'a ReloadReport,
}

impl Noting {
    /// This gateway began to serve.
    pub(super) async fn start(&self, file: Option<String>, version: Option<i64>, at: Timestamp) {
        let after = json!({ "version": env!("CARGO_PKG_VERSION"), "configuration": version });
        let who = Who { actor: "process", by: None, request_id: None };
        self.write(entry("gateway.start", file, who, "", [json!(null), after], at)).await;
        // Kept apart from the database, it shows a tail that is cut off with everything that knew of it.
        if let Ok(newest) = self.audit.audit(None, 1).await
            && let Some(newest) = newest.first()
        {
            let known = format!("{}:{}", newest.number, newest.hash);
            self.log.event(Level::Info, "the audit goes on", &[("known", &known)]);
        }
    }

    /// Another configuration is in force.
    pub(super) async fn change(&self, change: Change<'_>, at: Timestamp) {
        let Change { action, file, who, reason, versions: [before, after], report } = change;
        let before = json!({ "version": before });
        let after =
            json!({ "version": after, "changed": report.changed, "needs_restart": report.needs_restart });
        self.write(entry(action, file, who, reason, [before, after], at)).await;
    }

    async fn write(&self, entry: NewAuditEntry) {
        if let Err(error) = self.audit.note(&entry).await {
            let message = "what was done is in force, but not in the audit";
            self.log.event(Level::Error, message, &[("action", &entry.action), ("reason", &error)]);
        }
    }
}

fn entry(
    action: &'static str,
    file: Option<String>,
    who: Who,
    reason: &str,
    [before, after]: [Value; 2],
    at: Timestamp,
) -> NewAuditEntry {
    NewAuditEntry {
        at,
        actor: who.actor,
        by: who.by,
        action,
        subject: file.unwrap_or_else(|| "the environment".to_owned()),
        organisation: None,
        before: before.to_string(),
        after: after.to_string(),
        reason: reason.to_owned(),
        request_id: who.request_id,
    }
}
