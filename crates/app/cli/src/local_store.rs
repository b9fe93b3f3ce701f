//! The store in a data directory that no server uses. Its lock is held meanwhile, so that none starts on it.

use anyhow::{Context, Result};
use store::{DATABASE_FILE, DataDir, LockedDataDir, MasterKey, SqliteStore};
use tokio::runtime::Runtime;

use crate::environment;

/// An opened, locked data directory.
pub(crate) struct LocalStore {
    pub(crate) runtime: Runtime,
    pub(crate) store: SqliteStore,
    pub(crate) master: MasterKey,
    _lock: LockedDataDir,
}

impl LocalStore {
    pub(crate) fn open(dir: &DataDir) -> Result<Self> {
        let lock = dir.lock()?;
        let master = match environment::secret("BELLWETHER_MASTER_KEY")? {
            Some(text) => MasterKey::from_text(&text).context("BELLWETHER_MASTER_KEY")?,
            None => MasterKey::from_data_dir(&lock)?.0,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a runtime")?;
        let path = lock.join(DATABASE_FILE);
        let store = runtime.block_on(SqliteStore::open(&path, &master.key_hasher()))?;
        Ok(Self { runtime, store, master, _lock: lock })
    }
}
