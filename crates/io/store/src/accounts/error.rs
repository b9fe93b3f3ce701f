//! Why nothing was changed among accounts.

use domain::Money;
use ledger::EntryError;

use crate::error::StoreError;
use crate::ledger::{AppendError, LedgerError, PostError, WaitError};

/// Why a wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is one.
    #[error("{of} has an account already: number {number}")]
    Taken {
        /// Whose.
        of: String,
        /// Its number.
        number: u64,
    },
    /// There is none, or it is somebody else's, which is the same.
    #[error(
        "there is no account {0:?}; `bellwether accounts list` shows those there are, `accounts create` makes one"
    )]
    Unknown(String),
    /// No amount.
    #[error("the credit is {0}; it must be from 0 to 1000000000")]
    BadCredit(Money),
    /// No amount.
    #[error("the balance to warn below is {0}; it must be from 0 to 1000000000")]
    BadWarning(Money),
    /// Whoever moves money by hand says why.
    #[error("money is moved by hand for a reason only: say which")]
    NoReason,
    /// It is no entry.
    #[error(transparent)]
    BadEntry(EntryError),
    /// Without an account there is no journal to begin.
    #[error("there is no account, so there is no journal to begin: it begins with the first account")]
    NothingToBegin,
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Money was not moved.
    #[error(transparent)]
    Post(#[from] PostError),
    /// It could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It was recorded, and whether that lasts cannot be known.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for AccountError {
    fn from(source: sqlx::Error) -> Self {
        StoreError::database("keep the accounts")(source).into()
    }
}
