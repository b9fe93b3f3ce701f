//! Limits that a key has from its first moment on: they are stored with it, all or nothing, and in force before anybody can call
//! with it.

use limits::budget::Scope;
use limits::rate::Terms;
use serde_json::Value;
use tokio::sync::MutexGuard;

use super::desk::LimitDesk;
use super::entry::{LIMITS_MAX, LimitEntry, Says};
use super::error::LimitError;
use super::sql;
use crate::audit;
use crate::database::Transaction;
use crate::keys::{Asker, CallerKey};
use crate::tenancy::{Deed, Reach};

/// The right to put limits in force that are stored now. Nobody else changes any meanwhile.
pub(crate) struct Coming<'d> {
    desk: &'d LimitDesk,
    _alone: MutexGuard<'d, ()>,
}

impl LimitDesk {
    /// Limits of a key are about to be stored with it.
    pub(crate) async fn coming(&self) -> Result<Coming<'_>, LimitError> {
        let alone = self.changing.lock().await;
        if self.rows().len() >= LIMITS_MAX {
            return Err(LimitError::TooMany);
        }
        Ok(Coming { desk: self, _alone: alone })
    }
}

impl Coming<'_> {
    /// They are stored: they are in force when this returns.
    pub(crate) fn come(self, entry: LimitEntry) {
        self.desk.rows.set(self.desk.rows().with(entry, Vec::new()));
    }
}

/// Stores the limits of a key that was stored just before, and tells the audit.
pub(crate) async fn store(
    to: &mut Transaction,
    key: &CallerKey,
    terms: &Terms,
    by: &Asker,
) -> Result<LimitEntry, sqlx::Error> {
    let made = LimitEntry {
        number: sql::next_number(to).await?,
        scope: Scope::Key(key.id.clone()),
        says: Says::Limits(terms.clone()),
        organisation: key.organisation.clone(),
        is_operators: by.reach == Reach::All,
        created_at: key.created_at,
    };
    sql::insert(to, &made).await?;
    let deed = Deed { who: by.who.clone(), user: None, at: key.created_at, reason: String::new() };
    let organisation = Some(&made.organisation);
    let entry = deed.entry("limit.set", &made.number.to_string(), organisation, &Value::Null, &made.json());
    audit::write(to, &entry).await?;
    Ok(made)
}
