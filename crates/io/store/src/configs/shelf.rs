//! Where versions of the configuration are put and taken from: seals each text before the database sees it.

use domain::Timestamp;

use super::contract::{ConfigRecords, ConfigVersion, NewConfigVersion};
use crate::error::StoreError;
use crate::keys::KeyHasher;
use crate::seal::{Seal, SealError};

/// What a sealed text is for: nothing sealed for something else opens here.
const PURPOSE: &str = "version of the configuration";

/// Keeps versions of the configuration.
pub struct ConfigShelf {
    records: Box<dyn ConfigRecords>,
    hasher: KeyHasher,
    seal: Seal,
}

/// Why a version cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ConfigShelfError {
    /// There is none of this number.
    #[error("there is no version {0} of the configuration; `bellwether config versions` lists them")]
    Unknown(i64),
    /// It cannot be opened.
    #[error("version {0} of the configuration cannot be opened: {1}")]
    Sealed(i64, SealError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConfigShelf {
    /// A shelf in this database, under the keys of one master key.
    pub fn new(records: Box<dyn ConfigRecords>, hasher: KeyHasher, seal: Seal) -> Self {
        Self { records, hasher, seal }
    }

    /// Keeps `text`, which stood in `file`, and returns its number; the newest version again is no new version.
    pub async fn keep(
        &self,
        text: &str,
        file: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let version = NewConfigVersion {
            taken_at: now,
            reason: reason.to_owned(),
            file: file.to_owned(),
            digest: self.hasher.digest(text),
            sealed: self.seal.seal(PURPOSE, text.as_bytes()),
        };
        self.records.keep(&version).await
    }

    /// All versions, the newest first.
    pub async fn list(&self) -> Result<Vec<ConfigVersion>, StoreError> {
        self.records.list().await
    }

    /// The text of a version.
    pub async fn text(&self, number: i64) -> Result<String, ConfigShelfError> {
        let sealed = self.records.sealed(number).await?.ok_or(ConfigShelfError::Unknown(number))?;
        let opened = self.seal.open(PURPOSE, &sealed).map_err(|why| ConfigShelfError::Sealed(number, why))?;
        String::from_utf8(opened).map_err(|_| ConfigShelfError::Sealed(number, SealError::Damaged))
    }
}

impl std::fmt::Debug for ConfigShelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfigShelf").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Secret, Timestamp};

    use super::{ConfigShelf, ConfigShelfError};
    use crate::master_key::MasterKey;
    use crate::sqlite::SqliteStore;

    #[tokio::test]
    async fn a_text_comes_back_and_the_database_never_sees_it() {
        const TEXT: &str = "providers: { openai: { credentials: [sk-plain-secret] } }";
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let master = MasterKey::from_text(&Secret::new("m".repeat(32))).unwrap();
        let store = SqliteStore::open(&path, &master.key_hasher()).await.unwrap();
        let shelf = ConfigShelf::new(Box::new(store.clone()), master.key_hasher(), master.seal());
        assert_eq!(shelf.keep(TEXT, "b.yaml", "start", Timestamp(1)).await.unwrap(), 1);
        assert_eq!(shelf.keep(TEXT, "b.yaml", "again", Timestamp(2)).await.unwrap(), 1);
        assert_eq!(shelf.list().await.unwrap()[0].reason, "start");
        assert_eq!(shelf.text(1).await.unwrap(), TEXT);
        let missing = shelf.text(2).await.unwrap_err();
        assert!(matches!(missing, ConfigShelfError::Unknown(2)), "{missing}");
        store.close().await;
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(15).any(|window| window == b"sk-plain-secret"));
    }
}
