//! What a database must do for the audit: it is only added to.

use domain::{OrganisationId, Timestamp};
use serde_json::{Value, json};

use super::verdict::{AuditVerdict, KnownRow};
use crate::keys::Answer;
use crate::tenancy::Reach;

/// Most entries in one answer.
pub const AUDIT_PER_PAGE_MAX: u32 = 1000;

/// What is to be remembered of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// When.
    pub at: Timestamp,
    /// What proved who it was: a key's kind, or access to the data directory.
    pub actor: &'static str,
    /// Who he said he was.
    pub by: Option<String>,
    /// What was done, such as `provider.disable`.
    pub action: &'static str,
    /// To what.
    pub subject: String,
    /// Whose it is; `None` for what concerns the whole gateway.
    pub organisation: Option<OrganisationId>,
    /// How it was before, as JSON without secrets.
    pub before: String,
    /// How it was afterwards, as JSON without secrets.
    pub after: String,
    /// Why.
    pub reason: String,
    /// The request that asked for it, if one did.
    pub request_id: Option<String>,
}

/// A change that is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Counted from 1, in the order of the changes.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// What proved who it was.
    pub actor: String,
    /// Who he said he was.
    pub by: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Whose it is; `None` for what concerns the whole gateway.
    pub organisation: Option<String>,
    /// How it was before, as JSON.
    pub before: String,
    /// How it was afterwards, as JSON.
    pub after: String,
    /// Why.
    pub reason: String,
    /// The request that asked for it, if one did.
    pub request_id: Option<String>,
    /// In hexadecimal: the hash over all this and the entry before it.
    pub hash: String,
}

impl AuditEntry {
    /// As it is shown.
    pub fn json(&self) -> Value {
        // Written by ourselves; what cannot be read is shown as it is.
        let state =
            |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
        json!({
            "number": self.number,
            "at": self.at.rfc3339(),
            "actor": self.actor,
            "by": self.by,
            "action": self.action,
            "subject": self.subject,
            "organisation": self.organisation,
            "before": state(&self.before),
            "after": state(&self.after),
            "reason": self.reason,
            "request_id": self.request_id,
            "hash": self.hash,
        })
    }
}

/// Which entries are looked for; nothing said is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// What was done; with a `*` at the end, everything that begins so.
    pub action: Option<String>,
    /// To what, exactly.
    pub subject: Option<String>,
    /// Who: what proved it, or who he said he was.
    pub actor: Option<String>,
    /// Of which organisation.
    pub organisation: Option<OrganisationId>,
    /// From then on.
    pub from: Option<Timestamp>,
    /// Before then.
    pub to: Option<Timestamp>,
}

/// The audit in a database.
pub trait AuditRecords: Send + Sync {
    /// Up to `count` entries (at most [`AUDIT_PER_PAGE_MAX`]) within reach that the filter lets through, the newest first, of
    /// those before `before`. What concerns the whole gateway is within nobody's reach but the operator's.
    fn search<'a>(
        &'a self,
        reach: &'a Reach,
        filter: &'a AuditFilter,
        before: Option<i64>,
        count: u32,
    ) -> Answer<'a, Vec<AuditEntry>>;

    /// The same of all entries.
    fn audit(&self, before: Option<i64>, count: u32) -> Answer<'_, Vec<AuditEntry>> {
        Box::pin(async move { self.search(&Reach::All, &AuditFilter::default(), before, count).await })
    }

    /// Writes an entry that tells of no change in the database, such as a start. Gives its number.
    fn note<'a>(&'a self, entry: &'a NewAuditEntry) -> Answer<'a, i64>;

    /// Checks the whole chain. `known` is a row's number and hash as somebody wrote them down before.
    fn verify<'a>(&'a self, known: Option<&'a KnownRow>) -> Answer<'a, AuditVerdict>;
}
