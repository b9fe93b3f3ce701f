//! The store of a data directory that no server uses. Its lock is held meanwhile, so that none starts on it.

use std::path::Path;

use anyhow::{Context, Result};
use store::{DATABASE_FILE, DataDir, Database, DatabasePlace, LockedDataDir, MasterKey};
use tokio::runtime::Runtime;

use crate::environment;

/// Names the variable that holds a PostgreSQL server's URL.
const DATABASE_URL: &str = "BELLWETHER_DATABASE_URL";

/// Who works on the data directory has proven himself to the system.
pub(crate) const ACTOR: &str = "data directory";

/// An opened, locked data directory.
pub(crate) struct LocalStore {
    pub(crate) runtime: Runtime,
    pub(crate) store: Database,
    pub(crate) master: MasterKey,
    _lock: LockedDataDir,
}

/// Where the database is: the server that a variable names, else the file in the data directory.
pub(crate) fn database_place(dir: &Path) -> Result<DatabasePlace> {
    match environment::secret(DATABASE_URL)? {
        Some(url) => DatabasePlace::server(url).context(DATABASE_URL),
        None => Ok(DatabasePlace::File(dir.join(DATABASE_FILE))),
    }
}

/// The master key of a data directory that another process may hold: the one that a variable gives, else the one that is there.
pub(crate) fn used_master_key(dir: &DataDir) -> Result<MasterKey> {
    match environment::secret("BELLWETHER_MASTER_KEY")? {
        Some(text) => MasterKey::from_text(&text).context("BELLWETHER_MASTER_KEY"),
        None => Ok(MasterKey::from_used_data_dir(dir)?),
    }
}

impl LocalStore {
    pub(crate) fn open(dir: &DataDir) -> Result<Self> {
        let lock = dir
            .lock()
            .context("no server takes this command, and it cannot be done in the data directory")?;
        let master = match environment::secret("BELLWETHER_MASTER_KEY")? {
            Some(text) => MasterKey::from_text(&text).context("BELLWETHER_MASTER_KEY")?,
            None => MasterKey::from_data_dir(&lock)?.0,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a runtime")?;
        let store = runtime.block_on(Database::open(&database_place(dir.path())?, &master.key_hasher()))?;
        Ok(Self { runtime, store, master, _lock: lock })
    }
}
