//! Why nothing was done with an order.

use ledger::{AmountError, EntryError, NOTE_BYTES_MAX};

use super::order::ORDER_REFERENCE_CHARS_MAX;
use crate::accounts::AccountError;
use crate::error::StoreError;

/// Why a wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No such number.
    #[error("there is no order {0:?}")]
    Unknown(String),
    /// It is too late.
    #[error("order {number} is {state} already")]
    Over {
        /// Which.
        number: u64,
        /// What it is.
        state: &'static str,
    },
    /// A transfer pays once.
    #[error("the transfer {reference:?} has paid order {number} already; a transfer pays one order only")]
    ReferenceTaken {
        /// Which transfer.
        reference: String,
        /// What it paid.
        number: u64,
    },
    /// It was begun with another.
    #[error(
        "order {number} was being confirmed with the transfer {reference:?} when this gateway ended: confirm it with that one"
    )]
    BegunWithAnother {
        /// Which order.
        number: u64,
        /// By which transfer.
        reference: String,
    },
    /// None, or no text.
    #[error("the reference of a transfer has 1 to {ORDER_REFERENCE_CHARS_MAX} characters on one line")]
    BadReference,
    /// No amount.
    #[error(transparent)]
    BadAmount(#[from] AmountError),
    /// Too long.
    #[error("the note is longer than {NOTE_BYTES_MAX} bytes")]
    BadNote,
    /// It is no entry.
    #[error(transparent)]
    BadEntry(#[from] EntryError),
    /// The account has it not, or the ledger.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for OrderError {
    fn from(source: sqlx::Error) -> Self {
        StoreError::database("keep the orders")(source).into()
    }
}
