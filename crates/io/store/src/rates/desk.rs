//! Where limits are set and removed. Control side only.

use std::collections::HashMap;
use std::sync::Arc;

use domain::KeyId;
use limits::budget::Scope;
use serde_json::Value;
use tokio::sync::Mutex;

use super::entry::{LIMITS_MAX, LIMITS_PER_PAGE_MAX, LimitEntry, NewLimit, Says};
use super::error::LimitError;
use super::rows::{LimitRows, is_same};
use super::sql;
use crate::audit;
use crate::database::Database;
use crate::heard::Heard;
use crate::tenancy::{Deed, Reach};
use crate::whose;

/// Sets limits.
pub struct LimitDesk {
    database: Database,
    pub(super) rows: Heard<LimitRows>,
    /// Held from a change in the database to the same in memory.
    pub(super) changing: Mutex<()>,
}

impl LimitDesk {
    /// Reads all limits.
    pub async fn open(database: Database) -> Result<Self, LimitError> {
        let mut from = database.pool.acquire().await?;
        let entries = sql::all(&mut from).await?;
        let is_of_key = |entry: &LimitEntry| matches!(entry.scope, Scope::Key(_));
        let mut followers = HashMap::new();
        if entries.iter().any(is_of_key) {
            let successors = whose::successors(&mut from).await?;
            for entry in &entries {
                if let Scope::Key(key) = &entry.scope {
                    followers.insert(key.clone(), whose::line_of(&entry.scope, &successors));
                }
            }
        }
        drop(from);
        let rows = LimitRows::of(entries.into_iter().map(Arc::new).collect(), followers);
        Ok(Self { database, rows: Heard::new(rows), changing: Mutex::new(()) })
    }

    /// All limits at present.
    pub fn rows(&self) -> Arc<LimitRows> {
        self.rows.get()
    }

    /// Gives `hearer` the limits as they are, and each time that they change.
    pub fn hear(&self, hearer: impl Fn(Arc<LimitRows>) + Send + Sync + 'static) {
        self.rows.hear(hearer);
    }

    /// Up to `count` bundles within reach, in the order of their numbers, from behind `after`.
    pub fn page(&self, reach: &Reach, after: u64, count: u32) -> Vec<Arc<LimitEntry>> {
        let rows = self.rows.get();
        let behind = rows.iter().filter(|it| it.number > after && reach.holds(&it.organisation));
        behind.take(count.min(LIMITS_PER_PAGE_MAX) as usize).map(Arc::clone).collect()
    }

    /// Sets limits, in the place of those of the same sort that there are.
    pub async fn set(
        &self,
        wish: NewLimit,
        reach: &Reach,
        deed: &Deed,
    ) -> Result<Arc<LimitEntry>, LimitError> {
        let NewLimit { scope, says } = wish;
        let is_operators = deed.user.is_none();
        match (&scope, &says) {
            (Scope::Organisation(_), _) if !is_operators => return Err(LimitError::WholeOrganisation),
            (Scope::Key(_), Says::Plan(_)) => return Err(LimitError::PlanOfKey),
            _ => {}
        }
        let _alone = self.changing.lock().await;
        let present = self.rows.get();
        let mut transaction = self.database.begin().await?;
        let organisation = whose::owner(&mut transaction, &scope, reach).await?;
        let organisation = organisation.ok_or_else(|| LimitError::UnknownScope(scope.clone()))?;
        let followers = whose::followers(&mut transaction, &scope).await?;
        let number = sql::next_number(&mut transaction).await?;
        let made = LimitEntry { number, scope, says, organisation, is_operators, created_at: deed.at };
        let before = present.iter().find(|entry| is_same(entry, &made));
        if before.is_none() && present.len() >= LIMITS_MAX {
            return Err(LimitError::TooMany);
        }
        if let Some(before) = before {
            sql::remove(&mut transaction, before.number, deed.at).await?;
        }
        sql::insert(&mut transaction, &made).await?;
        let told = before.map_or(Value::Null, |before| before.json());
        audit::write(&mut transaction, &noted(deed, "limit.set", &made, &told, &made.json())).await?;
        transaction.commit().await?;
        self.rows.set(present.with(made, followers));
        self.known(number, reach, &number.to_string())
    }

    /// Removes a bundle: calls that begin from now on are not limited by it.
    pub async fn remove(
        &self,
        meant: &str,
        reach: &Reach,
        deed: &Deed,
    ) -> Result<Arc<LimitEntry>, LimitError> {
        let _alone = self.changing.lock().await;
        let number = meant.parse().map_err(|_| LimitError::Unknown(meant.to_owned()))?;
        let before = self.known(number, reach, meant)?;
        if before.is_operators && deed.user.is_some() {
            return Err(LimitError::Operators(number));
        }
        let mut transaction = self.database.begin().await?;
        sql::remove(&mut transaction, number, deed.at).await?;
        let entry = noted(deed, "limit.remove", &before, &before.json(), &Value::Null);
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.rows.set(self.rows.get().without(number));
        Ok(before)
    }

    /// A key that follows another counts for the limits of that.
    pub async fn follow(&self, former: &KeyId, successor: &KeyId) {
        let _alone = self.changing.lock().await;
        if let Some(next) = self.rows.get().followed(former, successor) {
            self.rows.set(next);
        }
    }

    fn known(&self, number: u64, reach: &Reach, meant: &str) -> Result<Arc<LimitEntry>, LimitError> {
        let found = self.rows.get().find(number).map(Arc::clone);
        found
            .filter(|entry| reach.holds(&entry.organisation))
            .ok_or_else(|| LimitError::Unknown(meant.to_owned()))
    }
}

impl std::fmt::Debug for LimitDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LimitDesk").finish_non_exhaustive()
    }
}

fn noted(
    deed: &Deed,
    action: &'static str,
    entry: &LimitEntry,
    before: &Value,
    after: &Value,
) -> audit::NewAuditEntry {
    deed.entry(action, &entry.number.to_string(), Some(&entry.organisation), before, after)
}
