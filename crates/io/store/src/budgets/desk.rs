//! Where budgets are set, changed and removed, and what was spent is kept. Control side only.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{KeyId, Timestamp};
use limits::budget::{Rule, RuleId, Scope, Terms};
use serde_json::Value;
use tokio::sync::Mutex;

use super::cell::BudgetCell;
use super::entry::{BUDGETS_MAX, BUDGETS_PER_PAGE_MAX, BudgetEntry, NewBudget};
use super::error::BudgetError;
use super::sql;
use super::table::Budgets;
use crate::audit;
use crate::database::Database;
use crate::heard::Heard;
use crate::tenancy::{Deed, Reach};
use crate::whose;

/// How long is remembered what was spent.
const SPENT_KEPT_MS: i64 = 400 * 86_400_000;
/// Longer than any window: what began before has nothing to do with now.
const WINDOW_MS_MAX: i64 = 40 * 86_400_000;

/// Sets budgets and keeps what was spent.
pub struct BudgetDesk {
    pub(super) database: Database,
    budgets: Heard<Budgets>,
    /// Held from a change in the database to the same in memory.
    pub(super) changing: Mutex<()>,
}

/// What of a budget is to be different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetChange {
    /// How much.
    pub limit: Option<domain::Money>,
    /// At what part of it is warned.
    pub warn_percent: Option<u8>,
    /// Whether calls are refused that may go beyond it.
    pub is_hard: Option<bool>,
}

impl BudgetDesk {
    /// Reads all budgets, and what was spent of those that are under way.
    pub async fn open(database: Database, now: Timestamp) -> Result<Self, BudgetError> {
        let budgets = Heard::new(Budgets::default());
        let desk = Self { database, budgets, changing: Mutex::new(()) };
        let mut from = desk.database.pool.acquire().await?;
        let entries = sql::all(&mut from).await?;
        if !entries.is_empty() {
            let is_of_key = |entry: &BudgetEntry| matches!(entry.rule.scope, Scope::Key(_));
            let successors = match entries.iter().any(is_of_key) {
                true => whose::successors(&mut from).await?,
                false => HashMap::new(),
            };
            let cell = |entry: BudgetEntry| {
                let followers = whose::line_of(&entry.rule.scope, &successors);
                Arc::new(BudgetCell::new(entry, followers, now))
            };
            let budgets = Budgets::of_cells(entries.into_iter().map(cell).collect());
            sql::forget_before(&mut from, Timestamp(now.unix_ms() - SPENT_KEPT_MS)).await?;
            let since = Timestamp(now.unix_ms() - WINDOW_MS_MAX);
            for (number, window, spent) in sql::spent_since(&mut from, since).await? {
                if let Some(cell) = budgets.find(number) {
                    cell.restore(window, spent);
                }
            }
            desk.budgets.set(budgets);
        }
        drop(from);
        Ok(desk)
    }

    /// Every budget at present.
    pub fn table(&self) -> Arc<Budgets> {
        self.budgets.get()
    }

    /// Gives `hearer` the budgets as they are, and each table that takes their place.
    pub fn hear(&self, hearer: impl Fn(Arc<Budgets>) + Send + Sync + 'static) {
        self.budgets.hear(hearer);
    }

    /// Every budget within reach, in the order of their numbers.
    pub fn budgets(&self, reach: &Reach) -> Vec<Arc<BudgetCell>> {
        let budgets = self.budgets.get();
        budgets.iter().filter(|it| reach.holds(&it.entry.organisation)).map(Arc::clone).collect()
    }

    /// Up to `count` budgets within reach, in the order of their numbers, from behind `after`.
    pub fn page(&self, reach: &Reach, after: u64, count: u32) -> Vec<Arc<BudgetCell>> {
        let budgets = self.budgets.get();
        let behind = budgets.iter().filter(|it| it.entry.rule.id.0 > after);
        let within = behind.filter(|it| reach.holds(&it.entry.organisation));
        within.take(count.min(BUDGETS_PER_PAGE_MAX) as usize).map(Arc::clone).collect()
    }

    /// Sets one where there is none.
    pub async fn create(
        &self,
        wish: NewBudget,
        reach: &Reach,
        deed: &Deed,
    ) -> Result<Arc<BudgetCell>, BudgetError> {
        let NewBudget { scope, period, zone, terms } = wish;
        let (terms, is_operators) = (terms.check()?, deed.user.is_none());
        if !is_operators && matches!(scope, Scope::Organisation(_)) {
            return Err(BudgetError::WholeOrganisation);
        }
        let _alone = self.changing.lock().await;
        let present = self.budgets.get();
        let mut transaction = self.database.begin().await?;
        let organisation = whose::owner(&mut transaction, &scope, reach).await?;
        let organisation = organisation.ok_or_else(|| BudgetError::UnknownScope(scope.clone()))?;
        let is_same = |entry: &BudgetEntry| {
            let rule = &entry.rule;
            rule.scope == scope && rule.period == period && entry.is_operators == is_operators
        };
        if let Some(found) = present.iter().find(|cell| is_same(&cell.entry)) {
            return Err(BudgetError::Taken { scope, period: period.each(), number: found.entry.rule.id.0 });
        }
        if present.len() >= BUDGETS_MAX {
            return Err(BudgetError::TooMany);
        }
        let followers = whose::followers(&mut transaction, &scope).await?;
        let rule = Rule { id: sql::next_number(&mut transaction).await?, scope, period, zone, terms };
        let made = BudgetEntry { rule, organisation, is_operators, created_at: deed.at };
        sql::insert(&mut transaction, &made).await?;
        let entry = noted(deed, "budget.set", &made, &Value::Null, &made.json());
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        let number = made.rule.id;
        self.budgets.set(present.with(BudgetCell::new(made, followers, deed.at)));
        self.known(number, reach, &number.to_string())
    }

    /// Has one say something else from now on; what was spent stays spent.
    pub async fn change(
        &self,
        meant: &str,
        change: BudgetChange,
        reach: &Reach,
        deed: &Deed,
    ) -> Result<Arc<BudgetCell>, BudgetError> {
        let _alone = self.changing.lock().await;
        let cell = self.meant(meant, reach, deed)?;
        let before = &cell.entry;
        let Terms { limit, warn_percent, is_hard } = before.rule.terms;
        let terms = Terms {
            limit: change.limit.unwrap_or(limit),
            warn_percent: change.warn_percent.unwrap_or(warn_percent),
            is_hard: change.is_hard.unwrap_or(is_hard),
        };
        let after =
            BudgetEntry { rule: Rule { terms: terms.check()?, ..before.rule.clone() }, ..before.clone() };
        let mut transaction = self.database.begin().await?;
        sql::update(&mut transaction, &after).await?;
        let entry = noted(deed, "budget.change", before, &before.json(), &after.json());
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        let number = after.rule.id;
        self.budgets.set(self.budgets.get().with(cell.changed(after)));
        self.known(number, reach, meant)
    }

    /// Removes one: calls that begin from now on do not count for it.
    pub async fn remove(
        &self,
        meant: &str,
        reach: &Reach,
        deed: &Deed,
    ) -> Result<Arc<BudgetCell>, BudgetError> {
        let _alone = self.changing.lock().await;
        let cell = self.meant(meant, reach, deed)?;
        let before = &cell.entry;
        let mut transaction = self.database.begin().await?;
        for unkept in cell.unkept() {
            sql::keep(&mut transaction, before.rule.id, &unkept).await?;
        }
        sql::remove(&mut transaction, before.rule.id, deed.at).await?;
        let entry = noted(deed, "budget.remove", before, &before.json(), &Value::Null);
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.budgets.set(self.budgets.get().without(before.rule.id));
        Ok(cell)
    }

    /// A key that follows another counts for the budgets of that.
    pub async fn follow(&self, former: &KeyId, successor: &KeyId) {
        let _alone = self.changing.lock().await;
        let mut next = self.budgets.get();
        let counts = |cell: &&Arc<BudgetCell>| {
            cell.keys.last() == Some(former) && matches!(cell.entry.rule.scope, Scope::Key(_))
        };
        let concerned: Vec<_> = next.iter().filter(counts).cloned().collect();
        if concerned.is_empty() {
            return;
        }
        for cell in concerned {
            next = Arc::new(next.with(cell.followed_by(successor.clone())));
        }
        self.budgets.set(next);
    }

    /// The one of this number, if it is within reach and whoever asks may change it.
    fn meant(&self, meant: &str, reach: &Reach, deed: &Deed) -> Result<Arc<BudgetCell>, BudgetError> {
        let number = meant.parse().map(RuleId).map_err(|_| BudgetError::Unknown(meant.to_owned()))?;
        let cell = self.known(number, reach, meant)?;
        if cell.entry.is_operators && deed.user.is_some() {
            return Err(BudgetError::Operators(number.0));
        }
        Ok(cell)
    }

    fn known(&self, number: RuleId, reach: &Reach, meant: &str) -> Result<Arc<BudgetCell>, BudgetError> {
        let found = self.budgets.get().find(number).map(Arc::clone);
        found
            .filter(|cell| reach.holds(&cell.entry.organisation))
            .ok_or_else(|| BudgetError::Unknown(meant.to_owned()))
    }

    pub(super) fn swap(&self, budgets: Budgets) {
        self.budgets.set(budgets);
    }
}

impl std::fmt::Debug for BudgetDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BudgetDesk").finish_non_exhaustive()
    }
}

pub(super) fn noted(
    deed: &Deed,
    action: &'static str,
    budget: &BudgetEntry,
    before: &Value,
    after: &Value,
) -> audit::NewAuditEntry {
    deed.entry(action, &budget.rule.id.to_string(), Some(&budget.organisation), before, after)
}
