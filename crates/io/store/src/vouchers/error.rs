//! Why nothing was done with a voucher.

use domain::Currency;
use ledger::{AmountError, EntryError, NOTE_BYTES_MAX};

use super::voucher::{VOUCHER_CREDIT_DAYS_MAX, VOUCHERS_AT_ONCE_MAX};
use crate::accounts::AccountError;
use crate::error::StoreError;

/// Why a wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum VoucherError {
    /// No such code, or one that was redeemed, revoked or has expired: which of them is nobody's business who guesses.
    #[error("this code cannot be redeemed: it is none of ours, or it was redeemed, revoked or has expired")]
    NotRedeemable,
    /// It gives another currency.
    #[error("this code gives {gives}, and the account is in {has}")]
    OtherCurrency {
        /// What it gives.
        gives: Currency,
        /// What the account is in.
        has: Currency,
    },
    /// No such number.
    #[error("there is no voucher {0:?}")]
    Unknown(String),
    /// It is too late to take it back.
    #[error("voucher {number} is {state} already")]
    Over {
        /// Which.
        number: u64,
        /// What it is.
        state: &'static str,
    },
    /// None, or too many.
    #[error("1 to {VOUCHERS_AT_ONCE_MAX} vouchers are made at once, not {0}")]
    BadCount(u32),
    /// No amount.
    #[error(transparent)]
    BadAmount(#[from] AmountError),
    /// No time.
    #[error("what a voucher gives lasts 1 to {VOUCHER_CREDIT_DAYS_MAX} days, not {0}")]
    BadDays(u32),
    /// No future.
    #[error("a voucher that has expired already helps nobody: expires_at must be in the future")]
    BadExpiry,
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

impl From<sqlx::Error> for VoucherError {
    fn from(source: sqlx::Error) -> Self {
        StoreError::database("keep the vouchers")(source).into()
    }
}
