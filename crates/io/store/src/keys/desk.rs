//! Where keys are made and taken back: checks the wish, asks the database, then tells the directory. Control side only.

use std::sync::Arc;

use domain::{Secret, Timestamp};

use super::contract::{CallerKey, Creation, KEY_NAME_CHARS_MAX, KEYS_PER_PAGE_MAX, KeyRecords, Revocation};
use super::digest::KeyHasher;
use super::directory::{KeyDirectory, Loading};
use super::ids::{KeyId, OrganisationId, ProjectId};
use crate::error::StoreError;

/// Makes, lists and revokes callers' keys.
pub struct KeyDesk {
    records: Box<dyn KeyRecords>,
    directory: Arc<KeyDirectory>,
    hasher: KeyHasher,
    prefix: String,
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

/// Why a key was not made or taken back. Nothing has changed then, unless it says so.
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
        let mut after = None;
        loop {
            let page = records.list(after.as_ref(), KEYS_PER_PAGE_MAX).await?;
            page.iter().for_each(|key| loading.add(key));
            match page.last() {
                Some(last) if page.len() == KEYS_PER_PAGE_MAX as usize => after = Some(last.id.clone()),
                _ => break,
            }
        }
        let directory = Arc::new(loading.finish());
        Ok(Self { records, directory, hasher, prefix: prefix.to_owned() })
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
            created_at: now,
            expires_at: wish.expires_at,
            revoked_at: None,
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
            Ok(Revocation::Before(key)) => {
                let at = key.revoked_at.expect("the contract answers so for revoked keys only");
                Err(KeyError::AlreadyRevoked { id, at })
            }
            Ok(Revocation::Unknown) => Err(KeyError::Unknown(id.to_string())),
            Err(source) => Err(KeyError::HalfRevoked { id, source }),
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
mod tests {
    use domain::{Secret, Timestamp};

    use super::{KeyDesk, KeyError, NewKey, hint};
    use crate::keys::contract::KeyState;
    use crate::keys::digest::KeyHasher;
    use crate::sqlite::{DATABASE_FILE, SqliteStore};

    const NOW: Timestamp = Timestamp(1_795_219_200_000);

    async fn desk() -> KeyDesk {
        let hasher = KeyHasher::new(&[1; 32]);
        let store = SqliteStore::in_memory(&hasher).await.unwrap();
        KeyDesk::open(Box::new(store), hasher, "bw_").await.unwrap()
    }

    fn named(name: &str) -> NewKey {
        NewKey { name: name.to_owned(), expires_at: None, verbatim: None }
    }

    fn verbatim(name: &str, key: &str) -> NewKey {
        NewKey { verbatim: Some(Secret::new(key.to_owned())), ..named(name) }
    }

    fn state(desk: &KeyDesk, secret: &Secret, now: Timestamp) -> Option<KeyState> {
        let digest = desk.hasher().digest(secret.expose());
        desk.directory().find(&digest).map(|entry| entry.state(now))
    }

    #[tokio::test]
    async fn a_new_key_opens_until_it_is_revoked() {
        let desk = desk().await;
        assert!(desk.directory().is_empty());
        let issued = desk.create(named(" mobile app "), NOW).await.unwrap();
        assert!(issued.is_new && domain::checksum_holds(issued.secret.expose()));
        assert_eq!(issued.key.name, "mobile app");
        assert_eq!(state(&desk, &issued.secret, NOW), Some(KeyState::Active));
        let revoked = desk.revoke(issued.key.id.as_str(), NOW).await.unwrap();
        assert_eq!(state(&desk, &issued.secret, NOW), Some(KeyState::Revoked));
        assert_eq!(desk.list(None, 10).await.unwrap(), [revoked]);
    }

    #[tokio::test]
    async fn an_expiring_key_ends_by_itself() {
        let desk = desk().await;
        let end = Timestamp(NOW.0 + 1000);
        let wish = NewKey { expires_at: Some(end), ..named("short") };
        let issued = desk.create(wish, NOW).await.unwrap();
        assert_eq!(state(&desk, &issued.secret, NOW), Some(KeyState::Active));
        assert_eq!(state(&desk, &issued.secret, end), Some(KeyState::Expired));
        assert_eq!(issued.key.state(end), KeyState::Expired);
    }

    #[tokio::test]
    async fn a_verbatim_key_is_taken_once_and_found_again() {
        let desk = desk().await;
        let key = "sk-anything-visible-will-do";
        let first = desk.create(verbatim("from the environment", key), NOW).await.unwrap();
        let again = desk.create(verbatim("another name", key), NOW).await.unwrap();
        assert_eq!((first.is_new, again.is_new), (true, false));
        assert_eq!(first.key, again.key);
        assert_eq!(first.secret.expose(), key);
        desk.revoke(first.key.id.as_str(), NOW).await.unwrap();
        let error = desk.create(verbatim("once more", key), NOW).await.unwrap_err();
        assert!(matches!(error, KeyError::RevokedBefore { .. }), "{error}");
        assert_eq!(state(&desk, &first.secret, NOW), Some(KeyState::Revoked));
    }

    #[tokio::test]
    async fn bad_wishes_change_nothing() {
        let desk = desk().await;
        desk.create(named("taken"), NOW).await.unwrap();
        let check = async |wish: NewKey, message: &str| {
            let error = desk.create(wish, NOW).await.unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        };
        check(named("  "), "a key's name must be").await;
        check(named("two\nlines"), "a key's name must be").await;
        check(named(&"ä".repeat(101)), "a key's name must be").await;
        check(named("taken"), "is named \"taken\" already").await;
        check(verbatim("short", "fifteen-charact"), "a key must be 16 to 256").await;
        check(verbatim("space", "sixteen or more chars"), "a key must be 16 to 256").await;
        check(NewKey { expires_at: Some(NOW), ..named("late") }, "2026-11-21T00:00:00.000Z is not in").await;
        assert_eq!(desk.list(None, 10).await.unwrap().len(), 1);
        assert_eq!(desk.directory().len(), 1);
        assert!(desk.create(named(&"ä".repeat(100)), NOW).await.is_ok());
    }

    #[tokio::test]
    async fn revoking_in_vain_says_why() {
        let desk = desk().await;
        for id in ["key_unknown", "org_default", ""] {
            let error = desk.revoke(id, NOW).await.unwrap_err();
            assert!(matches!(error, KeyError::Unknown(ref asked) if asked == id), "{error}");
        }
        let issued = desk.create(named("twice"), NOW).await.unwrap();
        desk.revoke(issued.key.id.as_str(), NOW).await.unwrap();
        let error = desk.revoke(issued.key.id.as_str(), Timestamp(NOW.0 + 5)).await.unwrap_err();
        let told = format!("the key {} was revoked at 2026-11-21T00:00:00.000Z already", issued.key.id);
        assert_eq!(error.to_string(), told);
    }

    #[tokio::test]
    async fn a_restart_keeps_every_key_and_its_state() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(DATABASE_FILE);
        let hasher = KeyHasher::new(&[1; 32]);
        let open = async || {
            let store = SqliteStore::open(&path, &hasher).await.unwrap();
            let desk = KeyDesk::open(Box::new(store.clone()), hasher.clone(), "hs_").await.unwrap();
            (store, desk)
        };
        let (store, desk) = open().await;
        let kept = desk.create(named("kept"), NOW).await.unwrap();
        let gone = desk.create(named("gone"), NOW).await.unwrap();
        desk.revoke(gone.key.id.as_str(), NOW).await.unwrap();
        store.close().await;
        let (_store, desk) = open().await;
        assert!(kept.secret.expose().starts_with("hs_"));
        assert_eq!(state(&desk, &kept.secret, NOW), Some(KeyState::Active));
        assert_eq!(state(&desk, &gone.secret, NOW), Some(KeyState::Revoked));
        assert_eq!(desk.directory().len(), 2);
    }

    #[tokio::test]
    async fn a_key_is_refused_even_if_the_database_fails() {
        let hasher = KeyHasher::new(&[1; 32]);
        let store = SqliteStore::in_memory(&hasher).await.unwrap();
        let desk = KeyDesk::open(Box::new(store.clone()), hasher, "bw_").await.unwrap();
        let issued = desk.create(named("leaked"), NOW).await.unwrap();
        store.close().await;
        let error = desk.revoke(issued.key.id.as_str(), NOW).await.unwrap_err();
        assert!(matches!(error, KeyError::HalfRevoked { .. }), "{error}");
        assert_eq!(state(&desk, &issued.secret, NOW), Some(KeyState::Revoked));
    }

    #[test]
    fn a_hint_tells_keys_apart_and_no_more() {
        assert_eq!(hint("bw_0123456789012345678901234567890123456789"), "bw_01…6789");
        assert_eq!(hint("sixteen-letters!"), "si…s!");
    }
}
