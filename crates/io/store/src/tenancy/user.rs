//! Users, and what they prove themselves with, as they are kept.

use domain::{OrganisationId, Timestamp, UserId, UserTokenId};
use serde_json::{Value, json};

use super::role::Role;
use crate::keys::KeyDigest;

/// A person who looks after keys and bills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Names him in listings, commands and the audit.
    pub id: UserId,
    /// His e-mail address in small letters; no two users share one.
    pub email: String,
    /// What he is called.
    pub name: String,
    /// When he was made.
    pub created_at: Timestamp,
    /// Since when he is refused.
    pub suspended_at: Option<Timestamp>,
}

/// What of a user can be changed: what is given is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserChange {
    /// Another e-mail address.
    pub email: Option<String>,
    /// Another name.
    pub name: Option<String>,
}

impl User {
    /// As he is shown.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "email": self.email,
            "name": self.name,
            "state": if self.suspended_at.is_some() { "suspended" } else { "active" },
            "created_at": self.created_at.rfc3339(),
            "suspended_at": self.suspended_at.map(Timestamp::rfc3339),
        })
    }
}

/// What a user is in an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub user: UserId,
    /// What he is there.
    pub role: Role,
    /// Since when he belongs to it.
    pub since: Timestamp,
}

impl Membership {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "organisation": self.organisation.as_str(),
            "user": self.user.as_str(),
            "role": self.role.name(),
            "since": self.since.rfc3339(),
        })
    }
}

/// What a user proves himself with, as it is kept: everything but the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserToken {
    /// Names it in listings and commands.
    pub id: UserTokenId,
    /// Whose it is.
    pub user: UserId,
    /// What he calls it; no two of his tokens that are not revoked share one.
    pub name: String,
    /// Its first and last characters, to tell tokens apart by eye.
    pub hint: String,
    /// What it is looked up by.
    pub digest: KeyDigest,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
    /// When it was last shown to us, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// Whether a token opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It does.
    Active,
    /// Its time is over.
    Expired(Timestamp),
    /// It was taken back, for good.
    Revoked(Timestamp),
}

impl UserToken {
    /// Whether it opens anything at `now`. Revoked counts before expired: it is the stronger reason.
    pub const fn state(&self, now: Timestamp) -> TokenState {
        match (self.revoked_at, self.expires_at) {
            (Some(at), _) => TokenState::Revoked(at),
            (None, Some(end)) if end.unix_ms() <= now.unix_ms() => TokenState::Expired(end),
            (None, _) => TokenState::Active,
        }
    }
}

impl UserToken {
    /// As it is shown: never the token itself, nor its digest.
    pub fn json(&self, now: Timestamp) -> Value {
        json!({
            "id": self.id.as_str(),
            "user": self.user.as_str(),
            "name": self.name,
            "hint": self.hint,
            "state": self.state(now).name(),
            "created_at": self.created_at.rfc3339(),
            "expires_at": self.expires_at.map(Timestamp::rfc3339),
            "revoked_at": self.revoked_at.map(Timestamp::rfc3339),
            "last_used_at": self.last_used_at.map(Timestamp::rfc3339),
        })
    }
}

impl TokenState {
    /// As written in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired(_) => "expired",
            Self::Revoked(_) => "revoked",
        }
    }
}
