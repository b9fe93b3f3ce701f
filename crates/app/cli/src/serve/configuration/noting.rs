//! Starts and changes of the configuration, for the audit. They are in force whether or not they can be written there: a file
//! that changed is no change of the database that one transaction could hold together.

use std::collections::VecDeque;
use std::sync::Arc;

use admin::ReloadReport;
use domain::Timestamp;
use observe::{Level, Log};
use serde_json::{Value, json};
use store::{AuditRecords, NewAuditEntry, Who};

/// So many entries wait for a database that is busy or away; each is in the log as well.
const WAITING_MAX: usize = 100;

/// Writes the entries.
pub(super) struct Noting {
    audit: Arc<dyn AuditRecords>,
    log: Log,
    /// In their order, until the database takes them.
    waiting: VecDeque<NewAuditEntry>,
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
    pub(super) const fn new(audit: Arc<dyn AuditRecords>, log: Log) -> Self {
        Self { audit, log, waiting: VecDeque::new() }
    }

    /// This gateway began to serve.
    pub(super) async fn start(&mut self, file: Option<String>, version: Option<i64>, at: Timestamp) {
        let after = json!({ "version": env!("CARGO_PKG_VERSION"), "configuration": version });
        let who = Who { actor: "process", by: None, request_id: None };
        self.keep(entry("gateway.start", file, who, "", [json!(null), after], at));
        self.write().await;
        // Kept apart from the database, it shows a tail that is cut off with everything that knew of it.
        if let Ok(newest) = self.audit.audit(None, 1).await
            && let Some(newest) = newest.first()
        {
            let known = format!("{}:{}", newest.number, newest.hash);
            self.log.event(Level::Info, "the audit goes on", &[("known", &known)]);
        }
    }

    /// Another configuration is in force. Whoever asked for it does not wait for a database that has just failed: then the entry
    /// goes with the next, or at the end.
    pub(super) async fn change(&mut self, change: Change<'_>, at: Timestamp, has_failed: bool) {
        let Change { action, file, who, reason, versions: [before, after], report } = change;
        let before = json!({ "version": before });
        let after =
            json!({ "version": after, "changed": report.changed, "needs_restart": report.needs_restart });
        self.keep(entry(action, file, who, reason, [before, after], at));
        if has_failed {
            let message = "what was done is in force, and waits for the audit";
            self.log.event(Level::Warn, message, &[("action", &action)]);
        } else {
            self.write().await;
        }
    }

    fn keep(&mut self, entry: NewAuditEntry) {
        if self.waiting.len() == WAITING_MAX
            && let Some(lost) = self.waiting.pop_front()
        {
            let message = "what was done will not be in the audit: too much waits for it";
            self.log.event(Level::Error, message, &[("action", &lost.action), ("subject", &lost.subject)]);
        }
        self.waiting.push_back(entry);
    }

    /// Writes what waits, as far as the database takes it.
    pub(super) async fn write(&mut self) {
        while let Some(entry) = self.waiting.front() {
            if let Err(error) = self.audit.note(entry).await {
                let message = "what was done is in force, and waits for the audit";
                self.log.event(Level::Error, message, &[("action", &entry.action), ("reason", &error)]);
                return;
            }
            self.waiting.pop_front();
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
