//! Money that an operator gives or takes by hand, for a reason: each once, also where it is asked for again.

use std::sync::Arc;

use domain::{Money, Timestamp};
use ledger::{Entry, EntryError, payments};
use serde_json::{Value, json};

use super::desk::AccountDesk;
use super::error::AccountError;
use super::payers::Payer;
use crate::audit;
use crate::random::entropy;
use crate::tenancy::Deed;

/// What is to be given or taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// What it happens once for; a new one if nothing is said.
    pub id: Option<String>,
    /// How much.
    pub amount: Money,
    /// Whether it is given, or taken.
    pub is_credit: bool,
    /// Whether what is taken may leave the account owing more than it may.
    pub may_overdraw: bool,
}

impl AccountDesk {
    /// Gives to an account, or takes from it, and returns when that is on the disk.
    pub async fn correct(
        &self,
        number: u64,
        wish: Correction,
        deed: &Deed,
    ) -> Result<Arc<Payer>, AccountError> {
        if deed.reason.is_empty() {
            return Err(AccountError::NoReason);
        }
        let payer = self.payer(number).ok_or_else(|| AccountError::Unknown(number.to_string()))?;
        let id = wish.id.clone().unwrap_or_else(|| new_id(deed.at));
        let entry = entry(&payer, &id, &wish, &deed.reason).map_err(AccountError::BadEntry)?;
        let (key, before) = (entry.key.to_string(), payer.balance());
        self.opened(deed.at).await?.post(&self.database, entry, deed.at).await?;
        let after = json!({
            "entry": key,
            "amount": wish.amount.to_string(),
            "currency": payer.account.currency.code(),
            "balance_before": before.to_string(),
        });
        let action = if wish.is_credit { "account.credit" } else { "account.debit" };
        let organisation = Some(&payer.account.organisation);
        let noted = deed.entry(action, &number.to_string(), organisation, &Value::Null, &after);
        let mut transaction = self.database.begin().await?;
        audit::write(&mut transaction, &noted).await?;
        transaction.commit().await?;
        Ok(payer)
    }
}

fn entry(payer: &Payer, id: &str, wish: &Correction, reason: &str) -> Result<Entry, EntryError> {
    let purse = payer.account.purse();
    if wish.is_credit {
        payments::credit(id, purse, wish.amount, reason)
    } else {
        payments::debit(id, purse, wish.amount, reason, wish.may_overdraw)
    }
}

/// Sorts by time, and is nobody else's.
fn new_id(now: Timestamp) -> String {
    format!("{:011x}{:016x}", now.unix_ms(), entropy() as u64)
}
