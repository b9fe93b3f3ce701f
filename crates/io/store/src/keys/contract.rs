//! What a database must do for callers' keys. Every call is one transaction; checking what a user typed is done before.

use std::pin::Pin;

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};

use super::digest::{DigestOf, KeyDigest};
use super::models::KeyModels;
use super::scopes::KeyScopes;
use crate::error::StoreError;

/// Longest name of a key.
pub const KEY_NAME_CHARS_MAX: usize = 100;
/// Most keys in one answer.
pub const KEYS_PER_PAGE_MAX: u32 = 1000;

/// A key as it is kept: everything but the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerKey {
    /// Names it in listings and commands.
    pub id: KeyId,
    /// What its owner calls it; no two keys of a project that are not revoked share one.
    pub name: String,
    /// Its first and last characters, to tell keys apart by eye.
    pub hint: String,
    /// What it is looked up by.
    pub digest: KeyDigest,
    /// What that is made of.
    pub digest_of: DigestOf,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
    /// Whether its callers are refused where others are warned that a translation loses something.
    pub is_strict: bool,
    /// What it is for.
    pub scopes: KeyScopes,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What it is for.
    pub project: ProjectId,
}

/// What the request path needs to know of a key.
#[derive(Debug)]
pub struct LoadedKey<'a> {
    /// Names it in logs.
    pub id: KeyId,
    /// What it is looked up by.
    pub digest: KeyDigest,
    /// What that is made of.
    pub digest_of: DigestOf,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Whether it was taken back.
    pub is_revoked: bool,
    /// Whether its callers are refused where others are warned that a translation loses something.
    pub is_strict: bool,
    /// What it is for.
    pub scopes: &'a KeyScopes,
    /// Whose it is.
    pub organisation: &'a OrganisationId,
    /// What it is for.
    pub project: &'a ProjectId,
}

/// Whether a key opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Its organisation is suspended for now.
    Suspended,
    /// It was taken back, for good.
    Revoked,
}

impl CallerKey {
    /// Whether it opens anything at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        KeyState::of(self.revoked_at.is_some(), self.expires_at, now)
    }
}

impl KeyState {
    /// Revoked counts before expired: it is the stronger reason.
    pub(super) fn of(is_revoked: bool, expires_at: Option<Timestamp>, now: Timestamp) -> Self {
        match expires_at {
            _ if is_revoked => Self::Revoked,
            Some(end) if end <= now => Self::Expired,
            _ => Self::Active,
        }
    }

    /// As written in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

/// What came of storing a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It is stored.
    Stored,
    /// The very same key was there already, as this; nothing changed.
    SameKey(Box<CallerKey>),
    /// A key that is not revoked has the name; nothing changed.
    NameTaken(KeyId),
}

/// What came of taking a key back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It is revoked now.
    Revoked(Box<CallerKey>),
    /// It had been revoked before; nothing changed.
    Before(Box<CallerKey>),
    /// There is no such key.
    Unknown,
}

/// What of a key can be changed: what is given is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// Whether its callers are refused rather than warned.
    pub is_strict: Option<bool>,
    /// What its callers may ask for.
    pub models: Option<KeyModels>,
}

/// What came of changing a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changing {
    /// It is now as asked, perhaps as it was before.
    Changed(Box<CallerKey>),
    /// It is revoked; nothing changed.
    Revoked(Box<CallerKey>),
    /// There is no such key.
    Unknown,
}

/// What a database promises to give later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Takes keys as they are read.
pub type TakeKey<'a> = &'a mut (dyn FnMut(LoadedKey<'_>) + Send);

/// The keys in a database. What it has answered to lasts, a power cut included.
pub trait KeyRecords: Send + Sync {
    /// Stores a new key, unless the key or its name is taken. Its organisation and project must exist.
    fn create<'a>(&'a self, key: &'a CallerKey) -> Answer<'a, Creation>;

    /// Takes a key back.
    fn revoke<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Answer<'a, Revocation>;

    /// Changes a key that is not revoked.
    fn change<'a>(&'a self, id: &'a KeyId, change: KeyChange) -> Answer<'a, Changing>;

    /// Gives every key to `take`, in any order: what a start reads.
    fn load<'a>(&'a self, take: TakeKey<'a>) -> Answer<'a, ()>;

    /// Up to `count` keys (at most [`KEYS_PER_PAGE_MAX`]) in order of id, byte by byte, which is that of
    /// creation, from behind `after`.
    fn list<'a>(&'a self, after: Option<&'a KeyId>, count: u32) -> Answer<'a, Vec<CallerKey>>;
}
