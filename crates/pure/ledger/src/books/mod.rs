//! Money as movements between accounts: decided and recorded once, folded into balances by everybody who needs them.
//!
//! A [`Movement`] is what the journal keeps. [`Books`] folds movements into accounts, purses and holds;
//! [`ReferenceBook`] says in the plainest way what that must come to, and refuses what must not happen.

mod account;
mod amount;
mod changes;
mod entry;
mod exercise;
mod fold;
mod hold;
mod invariants;
mod movement;
pub mod payments;
mod purse;
mod recovery;
mod reference_book;
mod statement;

pub use account::{Account, Channel, Customer, GrantNumber, Place, Purse};
pub use amount::{AMOUNT_NANO_MAX, AmountError, BALANCE_NANO_MAX, Exchange, fit_amount};
pub use changes::{Changes, Outcome, PaidCall, PostedEntry};
pub use entry::{
    ENTRY_KEY_BYTES_MAX, Entry, EntryError, EntryKey, EntryKind, GrantTerms, NOTE_BYTES_MAX, TRANSFERS_MAX,
    Transfer,
};
pub use exercise::Exercise;
pub use fold::Books;
pub use hold::{Hold, SLICES_MAX, Settlement};
pub use invariants::{
    HoldWatch, Invariant, Violation, check_books, entry_balances, holds_resolve_once, lsns_are_contiguous,
};
pub use movement::{Lsn, Movement, Recorded, Resolved};
pub use purse::{Left, OpenHold, PurseState};
pub use recovery::{Recovery, SlotCost, recover};
pub use reference_book::{ReferenceBook, Refusal};
pub use statement::{
    OutOfBalance, PurseStatement, Span, Standing, Statement, StatementLine, StatementPart, When, month,
};
