//! What keys are for: a project, as it is kept and shown.

use domain::{OrganisationId, ProjectId, Timestamp};
use serde_json::{Value, json};

/// What keys are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Names it in listings, commands and the audit.
    pub id: ProjectId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What it is called; no two of an organisation share one.
    pub name: String,
    /// When it was made; 0 for the one that was always there.
    pub created_at: Timestamp,
    /// Since when it has no keys and gets none.
    pub archived_at: Option<Timestamp>,
}

impl Project {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "organisation": self.organisation.as_str(),
            "name": self.name,
            "state": if self.archived_at.is_some() { "archived" } else { "active" },
            "created_at": self.created_at.rfc3339(),
            "archived_at": self.archived_at.map(Timestamp::rfc3339),
        })
    }
}
