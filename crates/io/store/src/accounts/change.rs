//! Other terms of an account: how much it may owe, and below what balance its owner is warned.

use std::sync::Arc;

use serde_json::json;

use super::account::AccountChange;
use super::desk::{AccountDesk, fit};
use super::error::AccountError;
use super::payers::{Payer, Payers};
use super::sql;
use crate::audit;
use crate::tenancy::Deed;

impl AccountDesk {
    /// Changes what is said, and returns when that is on the disk.
    pub async fn change(
        &self,
        number: u64,
        wish: AccountChange,
        deed: &Deed,
    ) -> Result<Arc<Payer>, AccountError> {
        wish.credit.map_or(Ok(()), fit).map_err(AccountError::BadCredit)?;
        wish.warn_below.map_or(Ok(()), fit).map_err(AccountError::BadWarning)?;
        let _alone = self.changing.lock().await;
        let former = self.payer(number).ok_or_else(|| AccountError::Unknown(number.to_string()))?;
        let (credit, warn_below) = (former.cell.credit(), former.account.warn_below);
        let wished = (wish.credit.unwrap_or(credit), wish.warn_below.unwrap_or(warn_below));
        if wished == (credit, warn_below) {
            return Ok(former);
        }
        let ledger = self.opened(deed.at).await?;
        if wished.0 != credit {
            ledger.set_credit(former.account.purse(), wished.0, deed.at).await?;
        }
        let before = json!({ "credit": credit.to_string(), "warn_below": warn_below.to_string() });
        let after = json!({ "credit": wished.0.to_string(), "warn_below": wished.1.to_string() });
        let organisation = Some(&former.account.organisation);
        let noted = deed.entry("account.change", &number.to_string(), organisation, &before, &after);
        let mut transaction = self.database.begin().await?;
        sql::set_warning(&mut transaction, number, wished.1).await?;
        audit::write(&mut transaction, &noted).await?;
        transaction.commit().await?;
        let accounts = sql::all(&mut *self.database.pool.acquire().await?).await?;
        self.payers.set(Payers::of(&ledger, accounts));
        self.payer(number).ok_or_else(|| AccountError::Unknown(number.to_string()))
    }
}
