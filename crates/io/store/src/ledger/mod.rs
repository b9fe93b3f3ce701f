//! Money that lasts: the journal of every decision, the table of running calls, what is left in memory, and the database
//! that is made of it all. What is decided stands in the crate `ledger`.

mod applier;
mod cells;
mod expiring;
mod journal;
mod live;
mod open;
mod posting;
mod refunds;
mod remote;
mod remote_waits;
mod reserve;
mod shown;
mod slots;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use applier::joined;
pub use applier::{Applied, Applier, ApplyError};
pub use cells::{Cell, Cells};
pub use expiring::LAPSED_AT_ONCE_MAX;
pub use journal::{
    AppendError, Journal, JournalError, JournalFailure, JournalSizes, Level, Reached, SPARE_SEGMENTS_MIN,
    WaitError,
};
pub use live::{Held, HoldError, Ledger, Unsettled};
pub use open::{LEDGER_FOLDER, LedgerError, LedgerOptions, Recovered};
pub use posting::POSTED_MAX;
pub use refunds::REFUND_WAIT;
pub use remote::Told;
pub use reserve::PostError;
pub use shown::{
    ENTRIES_PER_PAGE_MAX, EntryCursor, EntryPage, EntryQuery, FoundEntry, HOLDS_TOLD_MAX, StatementError,
    find_entries, open_holds, statement,
};
pub use slots::{SLOTS_DEFAULT, Slot, SlotError, Slots};
pub use verify::{
    HOLD_AGE_MAX_MS, LedgerVerifier, VIOLATIONS_TOLD_MAX, VerifyError, VerifyReport, VerifyRuns, VerifyState,
    verify,
};
