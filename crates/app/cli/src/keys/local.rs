//! Keys in a data directory that no server uses. Wishes are what the admin API takes.

use admin::{ImportWish, KeyWish};
use anyhow::{Context, Result, bail};
use domain::{KEY_PREFIX_DEFAULT, KeyId, OrganisationId, ProjectId, Timestamp};
use gateway::wall_clock;
use serde_json::Value;
use store::{
    Asker, BudgetDesk, CallerKey, DataDir, KEY_OVERLAP_SECONDS_DEFAULT, KeyDesk, KeyError, KeyFilter,
    KeyState, KeyTags, LimitDesk, Reach,
};

use crate::local_store::LocalStore;

const PAGE: u32 = 500;

/// Keys in an opened, locked data directory.
pub(super) struct LocalKeys {
    pub(super) local: LocalStore,
    pub(super) desk: KeyDesk,
    limits: LimitDesk,
}

impl LocalKeys {
    pub(super) fn open(dir: &DataDir) -> Result<Self> {
        let local = LocalStore::open(dir)?;
        let records = Box::new(local.store.clone());
        let desk = KeyDesk::open(records, local.master.key_hasher(), KEY_PREFIX_DEFAULT);
        let desk = local.runtime.block_on(desk)?;
        let limits = local.runtime.block_on(LimitDesk::open(local.store.clone()))?;
        Ok(Self { local, desk, limits })
    }

    pub(super) fn create(&self, wish: Value) -> Result<Value> {
        let now = wall_clock();
        let (wish, by) = (read(wish)?, asker());
        let terms = wish.limits()?;
        let wish = wish.new_key(self.desk.usual_expiry(now), now)?;
        let making = async {
            match &terms {
                Some(terms) => self.desk.create_limited(wish, (&self.limits, terms), &by, now).await,
                None => self.desk.create(wish, &by, now).await,
            }
        };
        let issued = self.local.runtime.block_on(making)?;
        let mut told = self.shown(&issued.key, now);
        told["key"] = issued.secret.expose().into();
        Ok(told)
    }

    pub(super) fn list(&self, said: &[(&str, &str)]) -> Result<Vec<Value>> {
        let now = wall_clock();
        let (filter, mut keys) = (filter(said, now)?, Vec::new());
        let mut after: Option<KeyId> = None;
        loop {
            let page = self.desk.list(&filter, after.as_ref(), PAGE, &Reach::All);
            let page = self.local.runtime.block_on(page)?;
            keys.extend(page.iter().map(|key| self.shown(key, now)));
            match page.last() {
                Some(last) if page.len() == PAGE as usize => after = Some(last.id.clone()),
                _ => return Ok(keys),
            }
        }
    }

    pub(super) fn show(&self, id: &str) -> Result<Value> {
        let key = self.local.runtime.block_on(self.desk.find(id, &Reach::All))?;
        Ok(self.shown(&key, wall_clock()))
    }

    pub(super) fn change(&self, id: &str, wish: Value) -> Result<Value> {
        let now = wall_clock();
        let change = read(wish)?.change(now)?;
        let key = self.local.runtime.block_on(self.desk.change(id, change, &asker(), now))?;
        Ok(self.shown(&key, now))
    }

    pub(super) fn rotate(
        &self,
        id: &str,
        overlap: Option<u64>,
        expires: Option<Option<u64>>,
    ) -> Result<Value> {
        let now = wall_clock();
        let end = |seconds: u64| Timestamp(now.unix_ms() + seconds as i64 * 1000);
        let how = (overlap.unwrap_or(KEY_OVERLAP_SECONDS_DEFAULT), expires.map(|seconds| seconds.map(end)));
        let rotated = self.local.runtime.block_on(self.desk.rotate(id, how, &asker(), now))?;
        self.local.runtime.block_on(self.limits.follow(&rotated.former.id, &rotated.key.id));
        let mut told = self.shown(&rotated.key, now);
        told["key"] = rotated.secret.expose().into();
        told["former"] = self.shown(&rotated.former, now);
        Ok(told)
    }

    pub(super) fn import(&self, wish: Value) -> Result<Value> {
        let wish: ImportWish = serde_json::from_value(wish).context("what is wished for keys")?;
        let (by, now) = (asker(), wall_clock());
        let taken = async {
            let budgets = BudgetDesk::open(self.local.store.clone(), now).await?;
            wish.take_over((&self.desk, &budgets), &by, now).await
        };
        match self.local.runtime.block_on(taken) {
            Err(KeyError::Rows(problems)) => {
                let lines: Vec<String> = problems
                    .iter()
                    .map(|problem| format!("row {}: {}", problem.row, problem.message))
                    .collect();
                bail!("{} of the keys cannot be taken, so none was:\n{}", lines.len(), lines.join("\n"))
            }
            done => Ok(done?),
        }
    }

    fn shown(&self, key: &CallerKey, now: Timestamp) -> Value {
        key.json_limited(now, &self.limits.rows())
    }

    pub(super) fn revoke(&self, id: &str) -> Result<Value> {
        let now = wall_clock();
        let key = self.local.runtime.block_on(self.desk.revoke(id, &asker(), now))?;
        Ok(self.shown(&key, now))
    }
}

/// Whoever has the data directory is the operator.
pub(super) fn asker() -> Asker {
    Asker::operator("data directory")
}

fn read(wish: Value) -> Result<KeyWish> {
    serde_json::from_value(wish).context("what is wished for a key")
}

fn filter(said: &[(&str, &str)], now: Timestamp) -> Result<KeyFilter> {
    let mut filter = KeyFilter::default();
    for (name, value) in said {
        let is_read = match *name {
            "organisation" => {
                filter.organisation = OrganisationId::parse(value);
                filter.organisation.is_some()
            }
            "project" => {
                filter.project = ProjectId::parse(value);
                filter.project.is_some()
            }
            "tag" => {
                filter.tag = Some(KeyTags::parse_one(value).map_err(anyhow::Error::msg)?);
                true
            }
            _ => {
                filter.state = KeyState::named(value).map(|state| (state, now));
                filter.state.is_some()
            }
        };
        if !is_read {
            bail!("'{value}' is no {name}");
        }
    }
    Ok(filter)
}
