//! Who pays: an organisation, as it is kept and shown.

use std::collections::BTreeMap;

use domain::{OrganisationId, Timestamp};
use serde_json::{Value, json};

/// Who pays, and whose projects there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Names it in listings, commands and the audit.
    pub id: OrganisationId,
    /// What it is called; no two share one.
    pub name: String,
    /// What it is called before people, where that is something else.
    pub display_name: Option<String>,
    /// When it was made; 0 for the one that was always there.
    pub created_at: Timestamp,
    /// Since when its keys are refused and nothing of it may be changed.
    pub suspended_at: Option<Timestamp>,
    /// What its operator has noted.
    pub tags: BTreeMap<String, String>,
}

/// What of an organisation can be changed: what is given is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganisationChange {
    /// Another name.
    pub name: Option<String>,
    /// Another name before people; none if empty.
    pub display_name: Option<String>,
    /// Other tags in the place of all it had.
    pub tags: Option<BTreeMap<String, String>>,
}

impl Organisation {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "name": self.name,
            "display_name": self.display_name,
            "state": if self.suspended_at.is_some() { "suspended" } else { "active" },
            "created_at": self.created_at.rfc3339(),
            "suspended_at": self.suspended_at.map(Timestamp::rfc3339),
            "tags": self.tags,
        })
    }
}
