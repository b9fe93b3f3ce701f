//! Where keys are made, changed and taken back: checks the wish, asks the database, then tells the directory. Control side only.

mod error;
mod importing;
mod wish;

use std::sync::Arc;

use domain::{KeyId, OrganisationId, Secret, Timestamp};
use limits::rate::Terms;
use tokio::sync::Mutex;

use super::contract::{
    Asker, CallerKey, Changing, Creation, KEY_NAME_CHARS_MAX, KeyChange, KeyFilter, KeyRecords, KeyToStore,
    Revocation, Rotation, Successor,
};
use super::digest::{DigestOf, KeyHasher};
use super::directory::{KeyDirectory, Loading};
use crate::error::StoreError;
use crate::random::{entropy, random};
use crate::rates::LimitDesk;
use crate::tenancy::Reach;
use crate::words::line;

pub use error::KeyError;
pub use wish::{
    ForeignKey, ForeignSecret, IssuedKey, KEY_DAYS_DEFAULT, KEY_DAYS_MAX, KEY_OVERLAP_SECONDS_DEFAULT,
    KEY_OVERLAP_SECONDS_MAX, NewKey, RotatedKey, RowProblem,
};

const MS_PER_DAY: i64 = 86_400_000;
/// So many uses of keys are written down in one transaction.
const USES_PER_WRITE_MAX: usize = 2000;

/// Makes, lists, changes and revokes callers' keys.
pub struct KeyDesk {
    records: Box<dyn KeyRecords>,
    directory: Arc<KeyDirectory>,
    hasher: KeyHasher,
    prefix: String,
    /// How long a new key opens something where nobody says so; for ever if `None`.
    days_default: Option<u32>,
    /// Held from a change in the database to the same in the directory: of two at once, both end with the later.
    changing: Mutex<()>,
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
        let (prefix, changing) = (prefix.to_owned(), Mutex::new(()));
        Ok(Self { records, directory, hasher, prefix, days_default: Some(KEY_DAYS_DEFAULT), changing })
    }

    /// The same, with another usual time for new keys: for ever if `None`.
    #[must_use]
    pub fn with_days_default(self, days_default: Option<u32>) -> Self {
        Self { days_default, ..self }
    }

    /// When a key made now ends, where nobody says so.
    pub fn usual_expiry(&self, now: Timestamp) -> Option<Timestamp> {
        self.days_default.map(|days| Timestamp(now.unix_ms() + i64::from(days) * MS_PER_DAY))
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
    pub async fn create(&self, wish: NewKey, by: &Asker, now: Timestamp) -> Result<IssuedKey, KeyError> {
        self.make(wish, None, by, now).await
    }

    /// The same with limits of its own: they are in force before anybody can call with it.
    pub async fn create_limited(
        &self,
        wish: NewKey,
        limits: (&LimitDesk, &Terms),
        by: &Asker,
        now: Timestamp,
    ) -> Result<IssuedKey, KeyError> {
        self.make(wish, Some(limits), by, now).await
    }

    async fn make(
        &self,
        wish: NewKey,
        limits: Option<(&LimitDesk, &Terms)>,
        by: &Asker,
        now: Timestamp,
    ) -> Result<IssuedKey, KeyError> {
        let name = checked_name(&wish.name)?;
        let expires_at = checked_expiry(wish.expires_at, now)?;
        let also = wish
            .verbatim
            .as_ref()
            .map(|secret| self.hasher.digest_of_sha256(&KeyHasher::sha256(secret.expose())));
        let secret = match wish.verbatim {
            Some(secret) if domain::is_key_text(secret.expose()) => secret,
            Some(_) => return Err(KeyError::BadKey),
            None => new_secret(&self.prefix),
        };
        let key = CallerKey {
            id: KeyId::new(now, entropy()),
            name,
            hint: hint(secret.expose()),
            digest: self.hasher.digest(secret.expose()),
            digest_of: DigestOf::Key,
            created_at: now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
            is_strict: wish.is_strict,
            plan: wish.plan,
            scopes: wish.scopes,
            tags: wish.tags,
            rotated_from: None,
            rotated_to: None,
            organisation: OrganisationId::implicit(),
            project: wish.project,
        };
        let wish = KeyToStore { key, also };
        let creation = match limits {
            None => self.records.create(&wish, by).await?,
            Some((desk, terms)) => {
                let coming = desk.coming().await?;
                let (creation, stored) = self.records.create_limited(&wish, terms, by).await?;
                if let Some(stored) = stored {
                    coming.come(stored);
                }
                creation
            }
        };
        let (key, is_new) = match creation {
            Creation::Stored(key) => (*key, true),
            Creation::SameKey(found) => match found.revoked_at {
                Some(at) => return Err(KeyError::RevokedBefore { id: found.id, at }),
                None => (*found, false),
            },
            Creation::Elsewhere => return Err(KeyError::Elsewhere),
            Creation::NameTaken(id) => return Err(KeyError::NameTaken { name: wish.key.name, id }),
            Creation::UnknownProject => return Err(KeyError::UnknownProject(wish.key.project)),
        };
        // Also where it was there before: an earlier call may have been dropped between database and directory.
        self.directory.insert(&key);
        Ok(IssuedKey { key, secret, is_new })
    }

    /// Takes a key back. It is refused before the database is asked: a leaked key does not wait for a disk.
    pub async fn revoke(&self, id: &str, by: &Asker, now: Timestamp) -> Result<CallerKey, KeyError> {
        let id = KeyId::parse(id).ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
        self.directory.revoke(&id, &by.reach);
        match self.records.revoke(&id, now, by).await {
            Ok(Revocation::Revoked(key)) => Ok(*key),
            Ok(Revocation::Before(key)) => Err(already_revoked(&key)),
            Ok(Revocation::Unknown) => Err(KeyError::Unknown(id.to_string())),
            Err(source) => Err(KeyError::HalfRevoked { id, source }),
        }
    }

    /// Changes a key; calls that begin when this has returned are served so. One that is as asked already is fine.
    pub async fn change(
        &self,
        id: &str,
        mut change: KeyChange,
        by: &Asker,
        now: Timestamp,
    ) -> Result<CallerKey, KeyError> {
        let id = KeyId::parse(id).ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
        change.name = change.name.as_deref().map(checked_name).transpose()?;
        if let Some(expires_at) = change.expires_at {
            checked_expiry(expires_at, now)?;
        }
        let name = change.name.clone().unwrap_or_default();
        let _alone = self.changing.lock().await;
        match self.records.change(&id, change, now, by).await? {
            Changing::Changed(key) => {
                self.directory.change(&key);
                Ok(self.with_last_use(*key))
            }
            Changing::Revoked(key) => Err(already_revoked(&key)),
            Changing::NameTaken(id) => Err(KeyError::NameTaken { name, id }),
            Changing::Unknown => Err(KeyError::Unknown(id.to_string())),
        }
    }

    /// Gives a key a successor of the same name, for the same. Both open what they are for until `overlap_seconds` have
    /// passed; then the one before does no more. `expires_at` is the successor's; as long from now as the key before had
    /// if it is not given.
    pub async fn rotate(
        &self,
        id: &str,
        (overlap_seconds, expires_at): (u64, Option<Option<Timestamp>>),
        by: &Asker,
        now: Timestamp,
    ) -> Result<RotatedKey, KeyError> {
        let id = KeyId::parse(id).ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
        if overlap_seconds > KEY_OVERLAP_SECONDS_MAX {
            return Err(KeyError::BadOverlap(overlap_seconds));
        }
        let _alone = self.changing.lock().await;
        let known = self.records.find(&id, &by.reach).await?;
        let known = known.ok_or_else(|| KeyError::Unknown(id.to_string()))?;
        let as_before = || {
            let span = known.expires_at.map(|end| end.unix_ms() - known.created_at.unix_ms());
            span.map(|span| Timestamp(now.unix_ms() + span.max(1)))
        };
        let secret = new_secret(&self.prefix);
        let successor = Successor {
            id: KeyId::new(now, entropy()),
            hint: hint(secret.expose()),
            digest: self.hasher.digest(secret.expose()),
            created_at: now,
            expires_at: checked_expiry(expires_at.unwrap_or_else(as_before), now)?,
            former_until: Timestamp(now.unix_ms() + overlap_seconds as i64 * 1000),
        };
        match self.records.rotate(&id, &successor, by).await? {
            Rotation::Rotated(former, key) => {
                self.directory.insert(&key);
                self.directory.change(&former);
                Ok(RotatedKey { former: self.with_last_use(*former), key: *key, secret })
            }
            Rotation::Revoked(key) => Err(already_revoked(&key)),
            Rotation::Before(key) => {
                let to = key.rotated_to.clone().expect("the contract answers so for rotated keys only");
                Err(KeyError::AlreadyRotated { id, to })
            }
            Rotation::Unknown => Err(KeyError::Unknown(id.to_string())),
        }
    }

    /// One key.
    pub async fn find(&self, id: &str, reach: &Reach) -> Result<CallerKey, KeyError> {
        let known = KeyId::parse(id).ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
        let found = self.records.find(&known, reach).await?;
        found.map(|key| self.with_last_use(key)).ok_or_else(|| KeyError::Unknown(id.to_owned()))
    }

    /// Up to `count` keys that fit, in order of creation, from behind `after`.
    pub async fn list(
        &self,
        filter: &KeyFilter,
        after: Option<&KeyId>,
        count: u32,
        reach: &Reach,
    ) -> Result<Vec<CallerKey>, StoreError> {
        let keys = self.records.list(filter, after, count, reach).await?;
        Ok(keys.into_iter().map(|key| self.with_last_use(key)).collect())
    }

    /// Writes down which keys were used since this was last done, and when.
    pub async fn keep_uses(&self) -> Result<(), StoreError> {
        loop {
            let uses = self.directory.unkept_uses(USES_PER_WRITE_MAX);
            if uses.is_empty() {
                return Ok(());
            }
            let told: Vec<_> = uses.iter().map(|(entry, at)| (&entry.id, *at)).collect();
            if let Err(error) = self.records.keep_uses(&told).await {
                self.directory.uses_remain(&uses);
                return Err(error);
            }
            uses.iter().for_each(|(entry, at)| entry.keep_use(*at));
        }
    }

    /// The database learns of a use a little late.
    fn with_last_use(&self, mut key: CallerKey) -> CallerKey {
        let used = self.directory.find_by_id(&key.id).and_then(|entry| entry.used_at());
        key.last_used_at = key.last_used_at.max(used);
        key
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
    line(wish, KEY_NAME_CHARS_MAX).ok_or(KeyError::BadName)
}

fn checked_expiry(wish: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, KeyError> {
    match wish {
        Some(end) if end <= now => Err(KeyError::BadExpiry(end)),
        Some(end) if end.unix_ms() - now.unix_ms() > i64::from(KEY_DAYS_MAX) * MS_PER_DAY => {
            Err(KeyError::FarExpiry(end))
        }
        wish => Ok(wish),
    }
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

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_changes;
