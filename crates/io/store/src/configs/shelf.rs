//! Where versions of the configuration are put and taken from: seals each text before the database sees it.

use domain::Timestamp;

use super::contract::{ConfigRecords, ConfigVersion, NewConfigVersion};
use crate::error::StoreError;
use crate::keys::KeyHasher;
use crate::seal::{Seal, SealError};

/// What a sealed text is for: nothing sealed for something else opens here.
pub(crate) const PURPOSE: &str = "version of the configuration";

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
    /// There is none that could be meant without a number.
    #[error("there is no former version of the configuration yet")]
    NoFormer,
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

    /// Keeps `text`, which is in force, and returns its number; the newest version again is no new version.
    pub async fn keep(
        &self,
        text: &str,
        file: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        self.records.keep(&self.version(text, file, Some(reason), now)).await
    }

    /// Keeps `text`, which stands in `file` and is about to be written over; one that is kept already is left.
    pub async fn keep_aside(&self, text: &str, file: &str, now: Timestamp) -> Result<(), StoreError> {
        for kept in self.list().await? {
            if self.text(kept.number).await.is_ok_and(|kept| kept == text) {
                return Ok(());
            }
        }
        self.records.keep(&self.version(text, file, None, now)).await.map(drop)
    }

    /// A version that came into force for a reason, or never did.
    fn version(&self, text: &str, file: &str, reason: Option<&str>, now: Timestamp) -> NewConfigVersion {
        NewConfigVersion {
            taken_at: now,
            reason: reason.unwrap_or("written over by a revert").to_owned(),
            file: file.to_owned(),
            was_in_force: reason.is_some(),
            digest: self.hasher.digest(text),
            sealed: self.seal.seal(PURPOSE, text.as_bytes()),
        }
    }

    /// The version that a revert without a number means, where `standing` is what the file holds now: the newest that was
    /// in force and says something else.
    pub async fn former(&self, standing: Option<&str>) -> Result<i64, ConfigShelfError> {
        let kept = self.list().await?;
        for kept in kept.iter().filter(|kept| kept.was_in_force) {
            if standing != Some(self.text(kept.number).await?.as_str()) {
                return Ok(kept.number);
            }
        }
        Err(ConfigShelfError::NoFormer)
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
    use crate::database::{Database, DatabasePlace};
    use crate::master_key::MasterKey;

    #[tokio::test]
    async fn a_text_comes_back_and_the_database_never_sees_it() {
        const TEXT: &str = "providers: { openai: { credentials: [sk-plain-secret] } }";
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let master = MasterKey::from_text(&Secret::new("m".repeat(32))).unwrap();
        let store = Database::open(&DatabasePlace::File(path.clone()), &master.key_hasher()).await.unwrap();
        let shelf = ConfigShelf::new(Box::new(store.clone()), master.key_hasher(), store.seal(&master));
        assert_eq!(shelf.keep(TEXT, "b.yaml", "start", Timestamp(1)).await.unwrap(), 1);
        assert_eq!(shelf.keep(TEXT, "b.yaml", "again", Timestamp(2)).await.unwrap(), 1);
        assert_eq!(shelf.list().await.unwrap()[0].reason, "start");
        assert_eq!(shelf.text(1).await.unwrap(), TEXT);
        assert!(matches!(shelf.former(Some(TEXT)).await, Err(ConfigShelfError::NoFormer)));
        assert_eq!(shelf.former(Some("edited")).await.unwrap(), 1);
        shelf.keep_aside("edited", "b.yaml", Timestamp(3)).await.unwrap();
        shelf.keep_aside(TEXT, "b.yaml", Timestamp(3)).await.unwrap();
        assert_eq!(shelf.list().await.unwrap().len(), 2, "what is kept is not kept again");
        assert_eq!(shelf.former(Some("edited")).await.unwrap(), 1, "what was never in force is not meant");
        assert_eq!(shelf.keep("edited", "b.yaml", "reload", Timestamp(4)).await.unwrap(), 3);
        assert_eq!(shelf.former(Some("edited")).await.unwrap(), 1);
        let missing = shelf.text(9).await.unwrap_err();
        assert!(matches!(missing, ConfigShelfError::Unknown(9)), "{missing}");
        store.close().await;
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(15).any(|window| window == b"sk-plain-secret"));
    }
}
