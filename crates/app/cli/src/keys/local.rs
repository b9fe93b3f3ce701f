//! Keys in a data directory that no server uses. Its lock is held meanwhile, so that none starts on it.

use anyhow::{Context, Result};
use domain::{KEY_PREFIX_DEFAULT, Timestamp};
use gateway::wall_clock;
use serde_json::{Value, json};
use store::{CallerKey, DATABASE_FILE, DataDir, KeyDesk, LockedDataDir, MasterKey, NewKey, SqliteStore};
use tokio::runtime::Runtime;

use crate::environment;

const PAGE: u32 = 500;

/// An opened, locked data directory.
pub(super) struct LocalKeys {
    runtime: Runtime,
    desk: KeyDesk,
    _lock: LockedDataDir,
}

impl LocalKeys {
    pub(super) fn open(dir: &DataDir) -> Result<Self> {
        let lock = dir.lock()?;
        let master = match environment::secret("BELLWETHER_MASTER_KEY")? {
            Some(text) => MasterKey::from_text(&text).context("BELLWETHER_MASTER_KEY")?,
            None => MasterKey::from_data_dir(&lock)?.0,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a runtime")?;
        let desk = runtime.block_on(async {
            let store = SqliteStore::open(&lock.join(DATABASE_FILE), &master.key_hasher()).await?;
            KeyDesk::open(Box::new(store), master.key_hasher(), KEY_PREFIX_DEFAULT).await
        })?;
        Ok(Self { runtime, desk, _lock: lock })
    }

    pub(super) fn create(&self, name: &str, expires_in_seconds: Option<u64>) -> Result<Value> {
        let now = wall_clock();
        let expires_at = expires_in_seconds.map(|seconds| Timestamp(now.unix_ms() + seconds as i64 * 1000));
        let issued = self
            .runtime
            .block_on(self.desk.create(NewKey { name: name.to_owned(), expires_at, verbatim: None }, now))?;
        let mut key = shown(&issued.key, now);
        key["key"] = issued.secret.expose().into();
        Ok(key)
    }

    pub(super) fn list(&self) -> Result<Vec<Value>> {
        let mut keys: Vec<CallerKey> = Vec::new();
        loop {
            let page = self.runtime.block_on(self.desk.list(keys.last().map(|key| &key.id), PAGE))?;
            if page.is_empty() {
                break;
            }
            keys.extend(page);
        }
        let now = wall_clock();
        Ok(keys.iter().map(|key| shown(key, now)).collect())
    }

    pub(super) fn revoke(&self, id: &str) -> Result<Value> {
        let now = wall_clock();
        Ok(shown(&self.runtime.block_on(self.desk.revoke(id, now))?, now))
    }
}

/// A key as the admin API shows it.
fn shown(key: &CallerKey, now: Timestamp) -> Value {
    json!({
        "id": key.id.as_str(),
        "name": key.name,
        "hint": key.hint,
        "state": key.state(now).name(),
        "created_at": key.created_at.rfc3339(),
        "expires_at": key.expires_at.map(Timestamp::rfc3339),
        "revoked_at": key.revoked_at.map(Timestamp::rfc3339),
    })
}
