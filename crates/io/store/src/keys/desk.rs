//! Where keys are made, changed and taken back: checks the wish, asks the database, then tells the directory. Control side only.

use std::sync::Arc;

use domain::{KeyId, OrganisationId, ProjectId, Secret, Timestamp};
use tokio::sync::Mutex;

use super::contract::{CallerKey, Changing, Creation, KEY_NAME_CHARS_MAX, KeyChange, KeyRecords, Revocation};
use super::digest::{DigestOf, KeyHasher};
use super::directory::{KeyDirectory, Loading};
use super::scopes::KeyScopes;
use crate::error::StoreError;

/// Makes, lists, changes and revokes callers' keys.
pub struct KeyDesk {
    records: Box<dyn KeyRecords>,
    directory: Arc<KeyDirectory>,
    hasher: KeyHasher,
    prefix: String,
    /// Held from a change in the database to the same in the directory: of two at once, both end with the later.
    changing: Mutex<()>,
}

/// A key somebody wants.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What its owner calls it.
    pub name: String,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// The key itself, where it is not for us to choose.
    pub verbatim: Option<Secret>,
    /// Whether its callers are refused where others are warned that a translation loses something.
    pub is_strict: bool,
    /// What it is for.
    pub scopes: KeyScopes,
}

impl NewKey {
    /// One of that name, for everything and for ever.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            expires_at: None,
            verbatim: None,
            is_strict: false,
            scopes: KeyScopes::ANY,
        }
    }
}

/// A key just made, or found to be there already.
#[derive(Clone, Debug)]
pub struct IssuedKey {
    /// What is kept of it.
    pub key: CallerKey,
    /// The key itself: shown now or never.
    pub secret: Secret,
    /// Whether it was made by this call; a verbatim key may have been there before.
    pub is_new: bool,
}

/// Why a key was not made, changed or taken back. Nothing has changed then, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No name, too long a name, or one that would garble a listing.
    #[error("a key's name must be 1 to 100 characters without control characters, and not only spaces")]
    BadName,
    /// A verbatim key that no header can carry, or that could be guessed.
    #[error("a key must be 16 to 256 visible ASCII characters without spaces")]
    BadKey,
    /// It would be refused from the start.
    #[error("the expiry {} is not in the future", .0.rfc3339())]
    BadExpiry(Timestamp),
    /// Another key has the name.
    #[error("the key {id} is named {name:?} already; choose another name or revoke that key first")]
    NameTaken {
        /// The name asked for.
        name: String,
        /// The key that has it.
        id: KeyId,
    },
    /// A verbatim key that was taken back once.
    #[error("this key was revoked at {} as {id} and never opens anything again; choose another", .at.rfc3339())]
    RevokedBefore {
        /// Under which id it is known.
        id: KeyId,
        /// When it was taken back.
        at: Timestamp,
    },
    /// There is no such key.
    #[error("there is no key {0:?}")]
    Unknown(String),
    /// It was taken back before.
    #[error("the key {id} was revoked at {} already", .at.rfc3339())]
    AlreadyRevoked {
        /// Which key.
        id: KeyId,
        /// When.
        at: Timestamp,
    },
    /// The database failed while revoking.
    #[error("the key {id} is refused from now on, but a restart would forget it: {source}; revoke it again")]
    HalfRevoked {
        /// Which key.
        id: KeyId,
        /// Why it could not be stored.
        source: StoreError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyDesk {
    /// Reads all keys into a directory and opens the desk. New keys begin with `prefix`.
    pub async fn open(
        records: Box<dyn KeyRecords>,
        hasher: KeyHasher,
        prefix: &str,
    ) -> Result<Self, StoreError> {
        let mut loading = Loading::new();
        records.load(&mut |key| loading.add(key)).await?;
        let directory = Arc::new(loading.finish());
        Ok(Self { records, directory, hasher, prefix: prefix.to_owned(), changing: Mutex::new(()) })
    }

    /// What the request path looks keys up in.
    pub fn directory(&self) -> Arc<KeyDirectory> {
        Arc::clone(&self.directory)
    }

    /// What the request path digests keys with.
    pub fn hasher(&self) -> KeyHasher {
        self.hasher.clone()
    }

    /// Makes a key that is known everywhere when this returns. A verbatim key that is there already is fine.
    pub async fn create(&self, wish: NewKey, now: Timestamp) -> Result<IssuedKey, KeyError> {
        let name = checked_name(&wish.name)?;
        if let Some(end) = wish.expires_at.filter(|end| *end <= now) {
            return Err(KeyError::BadExpiry(end));
        }
        let secret = match wish.verbatim {
            Some(secret) if domain::is_key_text(secret.expose()) => secret,
            Some(_) => return Err(KeyError::BadKey),
            None => new_secret(&self.prefix),
        };
        let key = CallerKey {
            id: KeyId::new(now, u128::from_ne_bytes(random())),
            name,
            hint: hint(secret.expose()),
            digest: self.hasher.digest(secret.expose()),
            digest_of: DigestOf::Key,
            created_at: now,
            expires_at: wish.expires_at,
            revoked_at: None,
            is_strict: wish.is_strict,
            scopes: wish.scopes,
            organisation: OrganisationId::implicit(),
            project: ProjectId::implicit(),
        };
        let (key, is_new) = match self.records.create(&key).await? {
            Creation::Stored => (key, true),
            Creation::SameKey(found) => match found.revoked_at {
                Some(at) => return Err(KeyError::RevokedBefore { id: found.id, at }),
                None => (*found, false),
            },
            Creation::NameTaken(id) => return Err(KeyError::NameTaken { name: key.name, id }),
        };
        // Also where it was there before: an earlier call may have been dropped between database and directory.
        self.directory.insert(&key);
        Ok(IssuedKey { key, secret, is_new })
    }

    /// Takes a key back. It is refused before the database is asked: a leaked key does not wait for a disk.
    pub async fn revoke(&self, id: &str, now: Timestamp) -> Result<CallerKey, KeyError> {
        let id = KeyId::parse(id).ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
        self.directory.revoke(&id);
        match self.records.revoke(&id, now).await {
            Ok(Revocation::Revoked(key)) => Ok(*key),
            Ok(Revocation::Before(key)) => Err(already_revoked(&key)),
            Ok(Revocation::Unknown) => Err(KeyError::Unknown(id.to_string())),
            Err(source) => Err(KeyError::HalfRevoked { id, source }),
        }
    }

    /// Changes a key; calls that begin when this has returned are served so. One that is as asked already is fine.
    pub async fn change(&self, id: &str, change: KeyChange) -> Result<CallerKey, KeyError> {
        let id = KeyId::parse(id).ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
        let _alone = self.changing.lock().await;
        match self.records.change(&id, change).await? {
            Changing::Changed(key) => {
                self.directory.change(&key);
                Ok(*key)
            }
            Changing::Revoked(key) => Err(already_revoked(&key)),
            Changing::Unknown => Err(KeyError::Unknown(id.to_string())),
        }
    }

    /// Up to `count` keys in order of creation, from behind `after`.
    pub async fn list(&self, after: Option<&KeyId>, count: u32) -> Result<Vec<CallerKey>, StoreError> {
        self.records.list(after, count).await
    }
}

impl std::fmt::Debug for KeyDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyDesk").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

fn already_revoked(key: &CallerKey) -> KeyError {
    let at = key.revoked_at.expect("the contract answers so for revoked keys only");
    KeyError::AlreadyRevoked { id: key.id.clone(), at }
}

fn checked_name(wish: &str) -> Result<String, KeyError> {
    let name = wish.trim();
    let is_fit =
        !name.is_empty() && name.chars().count() <= KEY_NAME_CHARS_MAX && !name.chars().any(char::is_control);
    if is_fit { Ok(name.to_owned()) } else { Err(KeyError::BadName) }
}

/// First and last characters, a quarter of the key at most: a short verbatim key must not be given away.
fn hint(key: &str) -> String {
    let lead = (key.len() / 8).min(6);
    let tail = (key.len() / 8).min(4);
    format!("{}…{}", &key[..lead], &key[key.len() - tail..])
}

fn new_secret(prefix: &str) -> Secret {
    loop {
        // Rejection can run out of entropy, about once in the age of the universe.
        if let Some(key) = domain::key_from_entropy(prefix, &random()) {
            return Secret::new(key);
        }
    }
}

fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).expect("the system's random generator always answers");
    bytes
}

#[cfg(test)]
mod tests;
