//! A key as this API shows it: never the key itself, nor its digest.

use domain::Timestamp;
use serde::Serialize;
use store::CallerKey;

#[derive(Serialize)]
pub(crate) struct KeyView {
    id: String,
    name: String,
    hint: String,
    state: &'static str,
    organisation: String,
    project: String,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    is_strict: bool,
    /// Null for all.
    models: Option<Vec<String>>,
}

impl KeyView {
    pub(crate) fn new(key: &CallerKey, now: Timestamp) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            hint: key.hint.clone(),
            state: key.state(now).name(),
            organisation: key.organisation.to_string(),
            project: key.project.to_string(),
            created_at: key.created_at.rfc3339(),
            expires_at: key.expires_at.map(Timestamp::rfc3339),
            revoked_at: key.revoked_at.map(Timestamp::rfc3339),
            is_strict: key.is_strict,
            models: key.scopes.models.names().map(<[String]>::to_vec),
        }
    }
}
