//! Budgets that come with the keys that they are for: stored in one transaction with them, and in force before any of them is
//! open.

use domain::{KeyId, Timestamp};
use limits::budget::{Period, Rule, RuleId, Scope, Terms, Zone};
use serde_json::Value;
use tokio::sync::MutexGuard;

use super::cell::BudgetCell;
use super::desk::{BudgetDesk, noted};
use super::entry::{BUDGETS_MAX, BudgetEntry};
use super::error::BudgetError;
use super::sql;
use crate::audit;
use crate::database::Transaction;
use crate::tenancy::Deed;

/// What a key that is taken over may spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyBudget {
    /// How often it begins anew.
    pub period: Period,
    /// By whose clocks.
    pub zone: Zone,
    /// How much, and what happens at its end.
    pub terms: Terms,
}

/// Room for budgets that come. Until it is dropped nobody else changes any.
pub(crate) struct TakingIn<'a> {
    desk: &'a BudgetDesk,
    next: RuleId,
    _alone: MutexGuard<'a, ()>,
}

impl BudgetDesk {
    /// Room for so many more, if there is.
    pub(crate) async fn taking_in(&self, more: usize) -> Result<TakingIn<'_>, BudgetError> {
        let alone = self.changing.lock().await;
        let present = self.table().len();
        if present + more > BUDGETS_MAX {
            return Err(BudgetError::NoRoom { present, more });
        }
        let next = sql::next_number(&mut *self.database.pool.acquire().await?).await?;
        Ok(TakingIn { desk: self, next, _alone: alone })
    }
}

impl TakingIn<'_> {
    /// What a key's budget will say.
    pub(crate) fn rule(&mut self, key: &KeyId, budget: KeyBudget) -> Rule {
        let KeyBudget { period, zone, terms } = budget;
        let id = self.next;
        self.next = RuleId(id.0 + 1);
        Rule { id, scope: Scope::Key(key.clone()), period, zone, terms }
    }

    /// From now on they hold: they are stored, and their keys are not open yet.
    pub(crate) fn in_force(&self, entries: impl Iterator<Item = BudgetEntry>, now: Timestamp) {
        let cells = entries.map(|entry| BudgetCell::new(entry, Vec::new(), now));
        self.desk.swap(self.desk.table().with_more(cells));
    }
}

/// Stores them, for as long as the transaction lasts.
pub(crate) async fn store_new(
    transaction: &mut Transaction,
    entries: impl Iterator<Item = BudgetEntry>,
    deed: &Deed,
) -> Result<(), sqlx::Error> {
    for made in entries {
        sql::insert(transaction, &made).await?;
        let entry = noted(deed, "budget.set", &made, &Value::Null, &made.json());
        audit::write(transaction, &entry).await?;
    }
    Ok(())
}
