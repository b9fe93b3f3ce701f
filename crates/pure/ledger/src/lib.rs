//! What a call costs, and who owes it: prices and their versions, what a change of models would be
//! worth, and the books that money moves in. Nothing here asks a
//! database or a clock.

mod books;
pub mod prices;
pub mod roi;

pub use books::{
    AMOUNT_NANO_MAX, Account, AmountError, BALANCE_NANO_MAX, Books, Changes, Channel, Customer,
    ENTRY_KEY_BYTES_MAX, Entry, EntryError, EntryKey, EntryKind, Exchange, Exercise, GrantNumber, GrantTerms,
    Hold, HoldWatch, Invariant, Left, Lsn, Movement, NOTE_BYTES_MAX, OpenHold, OutOfBalance, Outcome,
    PaidCall, Place, PostedEntry, Purse, PurseState, PurseStatement, Recorded, Recovery, ReferenceBook,
    Refusal, Resolved, SLICES_MAX, Settlement, SlotCost, Span, Standing, Statement, StatementLine,
    StatementPart, TRANSFERS_MAX, Transfer, Violation, When, check_books, entry_balances, fit_amount,
    holds_resolve_once, lsns_are_contiguous, month, payments, recover,
};
