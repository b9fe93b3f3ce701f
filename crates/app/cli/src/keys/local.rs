//! Keys in a data directory that no server uses.

use anyhow::{Error, Result};
use domain::{KEY_PREFIX_DEFAULT, Timestamp};
use gateway::wall_clock;
use serde_json::{Value, json};
use store::{CallerKey, DataDir, KeyChange, KeyDesk, KeyModels, KeyScopes, NewKey};

use crate::local_store::LocalStore;

const PAGE: u32 = 500;

/// Keys in an opened, locked data directory.
pub(super) struct LocalKeys {
    local: LocalStore,
    desk: KeyDesk,
}

impl LocalKeys {
    pub(super) fn open(dir: &DataDir) -> Result<Self> {
        let local = LocalStore::open(dir)?;
        let records = Box::new(local.store.clone());
        let desk = KeyDesk::open(records, local.master.key_hasher(), KEY_PREFIX_DEFAULT);
        let desk = local.runtime.block_on(desk)?;
        Ok(Self { local, desk })
    }

    pub(super) fn create(
        &self,
        name: &str,
        expires_in_seconds: Option<u64>,
        is_strict: bool,
        models: Vec<String>,
    ) -> Result<Value> {
        let now = wall_clock();
        let expires_at = expires_in_seconds.map(|seconds| Timestamp(now.unix_ms() + seconds as i64 * 1000));
        let scopes = KeyScopes { models: of_names(models)?, ..KeyScopes::ANY };
        let wish = NewKey { expires_at, is_strict, scopes, ..NewKey::named(name) };
        let issued = self.local.runtime.block_on(self.desk.create(wish, now))?;
        let mut key = shown(&issued.key, now);
        key["key"] = issued.secret.expose().into();
        Ok(key)
    }

    pub(super) fn list(&self) -> Result<Vec<Value>> {
        let mut keys: Vec<CallerKey> = Vec::new();
        loop {
            let page = self.local.runtime.block_on(self.desk.list(keys.last().map(|key| &key.id), PAGE))?;
            if page.is_empty() {
                break;
            }
            keys.extend(page);
        }
        let now = wall_clock();
        Ok(keys.iter().map(|key| shown(key, now)).collect())
    }

    pub(super) fn change(
        &self,
        id: &str,
        is_strict: Option<bool>,
        models: Option<Vec<String>>,
    ) -> Result<Value> {
        let change = KeyChange { is_strict, models: models.map(of_names).transpose()? };
        Ok(shown(&self.local.runtime.block_on(self.desk.change(id, change))?, wall_clock()))
    }

    pub(super) fn revoke(&self, id: &str) -> Result<Value> {
        let now = wall_clock();
        Ok(shown(&self.local.runtime.block_on(self.desk.revoke(id, now))?, now))
    }
}

/// None are all there are.
fn of_names(names: Vec<String>) -> Result<KeyModels> {
    if names.is_empty() { Ok(KeyModels::ANY) } else { KeyModels::only(names).map_err(Error::msg) }
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
        "is_strict": key.is_strict,
        "models": key.scopes.models.names(),
    })
}
