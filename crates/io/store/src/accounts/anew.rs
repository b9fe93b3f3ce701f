//! A journal that begins anew where the database is, because the one before it is gone: after a restore on another machine, or
//! the loss of a disk. What the database had not taken in is lost, so somebody must say that he wants it.

use ledger::Lsn;
use serde_json::{Value, json};

use super::desk::AccountDesk;
use super::error::AccountError;
use crate::audit;
use crate::database::Database;
use crate::ledger::LedgerOptions;
use crate::tenancy::{Deed, Reach};

/// Begins a journal anew; gives behind which record. Refused where there is a journal: that one is not to be left behind.
pub async fn begin_journal_anew(
    database: &Database,
    options: LedgerOptions,
    deed: &Deed,
) -> Result<Lsn, AccountError> {
    let options = LedgerOptions { may_be_lost: true, ..options };
    let desk = AccountDesk::open(database.clone(), options, deed.at, |_, _, _| {}).await?;
    let (Some(ledger), Some(first)) = (desk.ledger(), desk.accounts(&Reach::All).into_iter().next()) else {
        return Err(AccountError::NothingToBegin);
    };
    let behind = ledger.applied_to();
    // The files begin with a first record. What an account may owe is said once more: it changes nothing.
    ledger.set_credit(first.account.purse(), first.cell.credit(), deed.at).await?;
    note(database, behind, deed).await?;
    Ok(behind)
}

async fn note(database: &Database, behind: Lsn, deed: &Deed) -> Result<(), AccountError> {
    let entry =
        deed.entry("ledger.begin_anew", "journal", None, &Value::Null, &json!({ "behind": behind.0 }));
    let mut transaction = database.begin().await?;
    audit::write(&mut transaction, &entry).await?;
    transaction.commit().await?;
    Ok(())
}
