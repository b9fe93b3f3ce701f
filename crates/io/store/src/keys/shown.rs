//! A key as the admin API, commands and the audit show it: never the key itself, nor its digest.

use domain::{KeyId, Timestamp};
use serde_json::{Map, Value, json};

use super::contract::CallerKey;
use super::digest::DigestOf;
use crate::rates::LimitRows;

impl CallerKey {
    /// The same with the limits that it has beside its plan.
    pub fn json_limited(&self, now: Timestamp, limits: &LimitRows) -> Value {
        let mut told = self.json(now);
        told["limits"] = limits.of_key(&self.id).iter().map(|entry| entry.beside_key()).collect();
        told
    }

    /// All that may be told of it. A list of null is for everything.
    pub fn json(&self, now: Timestamp) -> Value {
        let tags: Map<String, Value> =
            self.tags.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        json!({
            "id": self.id.as_str(),
            "name": self.name,
            "hint": self.hint,
            "state": self.state(now).name(),
            "organisation": self.organisation.as_str(),
            "project": self.project.as_str(),
            "created_at": self.created_at.rfc3339(),
            "expires_at": self.expires_at.map(Timestamp::rfc3339),
            "revoked_at": self.revoked_at.map(Timestamp::rfc3339),
            "last_used_at": self.last_used_at.map(Timestamp::rfc3339),
            "is_strict": self.is_strict,
            "plan": self.plan.as_str(),
            "models": self.scopes.models.names(),
            "providers": self.scopes.providers.names(),
            "regions": self.scopes.regions.names(),
            "routes": self.scopes.routes.names(),
            "networks": self.scopes.networks.names(),
            "tags": tags,
            "rotated_from": self.rotated_from.as_ref().map(KeyId::as_str),
            "rotated_to": self.rotated_to.as_ref().map(KeyId::as_str),
            "known_by": match self.digest_of {
                DigestOf::Key => "key",
                DigestOf::Sha256 => "sha256",
            },
        })
    }
}
