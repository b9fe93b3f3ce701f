//! Who wants something changed, when and why: what goes into the audit, and what his own role is looked up by.

use domain::{OrganisationId, Timestamp, UserId};
use serde_json::Value;

use crate::audit::NewAuditEntry;
use crate::who::Who;

/// A wish's circumstances.
#[derive(Clone, Debug)]
pub struct Deed {
    /// For the audit.
    pub who: Who,
    /// The user who asks, by whose role it is decided how far he may go; `None` is the operator.
    pub user: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Why; may be empty.
    pub reason: String,
}

impl Deed {
    /// `organisation` is whose it is; a user is nobody's alone.
    pub(crate) fn entry(
        &self,
        action: &'static str,
        subject: &str,
        organisation: Option<&OrganisationId>,
        before: &Value,
        after: &Value,
    ) -> NewAuditEntry {
        NewAuditEntry {
            at: self.at,
            actor: self.who.actor,
            by: self.who.by.clone(),
            action,
            subject: subject.to_owned(),
            organisation: organisation.cloned(),
            before: before.to_string(),
            after: after.to_string(),
            reason: self.reason.clone(),
            request_id: self.who.request_id.clone(),
        }
    }
}
