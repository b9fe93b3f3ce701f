//! Why prices were not changed, or cannot be had. Nothing has changed then.

use ledger::prices::{Change, Problem};

use super::contract::PRICE_REASON_CHARS_MAX;
use crate::error::StoreError;

/// Why prices were not changed, or cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// The text is no book.
    #[error("{}", told(.0))]
    Bad(Vec<Problem>),
    /// Nothing differs from what is in force.
    #[error("these are the prices of version {0} already: nothing is changed")]
    Same(u32),
    /// Prices change by much, or go, and nobody says why.
    #[error("{} changes by more than 30 percent, or goes: give a reason", first(.0))]
    NeedsReason(Vec<Change>),
    /// A reason that would garble a listing.
    #[error("a reason must be at most {PRICE_REASON_CHARS_MAX} characters without control characters")]
    BadReason,
    /// A name that would garble a listing.
    #[error("the name of who does it must be 1 to 100 characters without control characters")]
    BadName,
    /// Somebody else was faster.
    #[error(
        "version {found} is in force, not {expected}: somebody has changed the prices meanwhile; look at them and try again"
    )]
    Moved {
        /// What the wish was made for.
        expected: u32,
        /// What is.
        found: u32,
    },
    /// There is none of this number.
    #[error("there is no version {0} of the prices; `bellwether prices versions` lists them")]
    NoVersion(u32),
    /// There is no draft.
    #[error("there is no draft of prices; `bellwether prices import` or `bellwether prices draft` makes one")]
    NoDraft,
    /// There is another draft than the one that was meant.
    #[error("draft {expected} is gone, and {found} is the draft now: look at it and approve that")]
    OtherDraft {
        /// What the wish was made for.
        expected: i64,
        /// What is.
        found: i64,
    },
    /// A text in the database that cannot be read: it was checked before it was kept.
    #[error("version {number} of the prices cannot be read: {problem}")]
    Unreadable {
        /// Its number.
        number: u32,
        /// The first thing wrong with it.
        problem: Problem,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(problems: &[Problem]) -> String {
    match problems {
        [only] => format!("the prices have a problem, the former ones stay in force: {only}"),
        all => format!("the prices have {} problems, the former ones stay in force", all.len()),
    }
}

fn first(changes: &[Change]) -> String {
    let large: Vec<&Change> = changes.iter().filter(|change| change.is_large).collect();
    let Some(first) = large.first() else { return String::new() };
    let name = format!("{} {}", first.what, first.field);
    let name = name.trim();
    match large.len() {
        1 => format!("'{name}'"),
        all => format!("'{name}' (and {} more)", all - 1),
    }
}
