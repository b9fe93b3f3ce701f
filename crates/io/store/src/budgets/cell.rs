//! One budget in memory, changed by many at once. Its lock is its own and held for a few sums only.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{KeyId, Money, Timestamp};
use limits::budget::{Budget, Hold, Refused, Scope, Standing, Unkept};

use super::entry::BudgetEntry;

/// A budget and how it stands. What changes what it says makes another with the same state: calls that run go on with it.
#[derive(Debug)]
pub struct BudgetCell {
    /// What it says.
    pub entry: BudgetEntry,
    /// Of one for a key: that key, and those that follow it.
    pub(super) keys: Vec<KeyId>,
    state: Arc<Mutex<Budget>>,
}

impl BudgetCell {
    pub(super) fn new(entry: BudgetEntry, followers: Vec<KeyId>, now: Timestamp) -> Self {
        let state = Arc::new(Mutex::new(Budget::new(&entry.rule, now)));
        let own = match &entry.rule.scope {
            Scope::Key(key) => Some(key.clone()),
            Scope::Project(_) | Scope::Organisation(_) => None,
        };
        let keys = own.into_iter().chain(followers).collect();
        Self { entry, keys, state }
    }

    /// The same from now on with other terms.
    pub(super) fn changed(&self, entry: BudgetEntry) -> Self {
        self.lock().set_terms(entry.rule.terms);
        Self { entry, keys: self.keys.clone(), state: Arc::clone(&self.state) }
    }

    /// The same for one key more.
    pub(super) fn followed_by(&self, successor: KeyId) -> Self {
        let keys = self.keys.iter().cloned().chain([successor]).collect();
        Self { entry: self.entry.clone(), keys, state: Arc::clone(&self.state) }
    }

    /// How it stands.
    pub fn standing(&self, now: Timestamp) -> Standing {
        self.lock().standing(now)
    }

    pub(super) fn restore(&self, window: Timestamp, used: Money) {
        self.lock().restore(window, used);
    }

    pub(super) fn take(&self, amount: Money, now: Timestamp) -> Result<Hold, Refused> {
        self.lock().take(amount, now)
    }

    pub(super) fn extend(&self, hold: &mut Hold, amount: Money) -> Result<(), Refused> {
        self.lock().extend(hold, amount)
    }

    pub(super) fn shrink(&self, hold: &mut Hold, amount: Money) {
        self.lock().shrink(hold, amount);
    }

    pub(super) fn end(&self, hold: Hold, actual: Money, now: Timestamp) -> bool {
        self.lock().end(hold, actual, now)
    }

    pub(super) fn unkept(&self) -> Vec<Unkept> {
        self.lock().unkept().collect()
    }

    pub(super) fn keep(&self, kept: Unkept) {
        self.lock().keep(kept);
    }

    fn lock(&self) -> MutexGuard<'_, Budget> {
        // Sums are changed by whole steps: whoever panicked beside one has left it sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
