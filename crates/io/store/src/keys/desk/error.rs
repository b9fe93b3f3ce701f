//! Why something was not done with keys.

use domain::{KeyId, ProjectId, Timestamp};

use super::wish::{KEY_DAYS_MAX, KEY_OVERLAP_SECONDS_MAX, RowProblem};
use crate::budgets::BudgetError;
use crate::error::StoreError;
use crate::rates::LimitError;

/// Why a key was not made, changed or taken back. Nothing has changed then, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No name, too long a name, or one that would garble a listing.
    #[error("a key's name must be 1 to 100 characters without control characters, and not only spaces")]
    BadName,
    /// A verbatim key that no header can carry, or that could be guessed.
    #[error("a key must be 16 to 256 visible ASCII characters without spaces")]
    BadKey,
    /// It would be refused from the start.
    #[error("the expiry {} is not in the future", .0.rfc3339())]
    BadExpiry(Timestamp),
    /// It is so far that it means never.
    #[error("the expiry {} is more than {KEY_DAYS_MAX} days away; say never for a key that lasts", .0.rfc3339())]
    FarExpiry(Timestamp),
    /// Both would go on for too long.
    #[error("the former key may go on for at most {KEY_OVERLAP_SECONDS_MAX} seconds, not {0}")]
    BadOverlap(u64),
    /// Another key has the name.
    #[error("the key {id} is named {name:?} already; choose another name or revoke that key first")]
    NameTaken {
        /// The name asked for.
        name: String,
        /// The key that has it.
        id: KeyId,
    },
    /// A verbatim key that was taken back once.
    #[error("this key was revoked at {} as {id} and never opens anything again; choose another", .at.rfc3339())]
    RevokedBefore {
        /// Under which id it is known.
        id: KeyId,
        /// When it was taken back.
        at: Timestamp,
    },
    /// A verbatim key that somebody else has.
    #[error("this key is in use here already; choose another")]
    Elsewhere,
    /// There is no such project, or not for him.
    #[error("there is no project {0:?} that takes keys")]
    UnknownProject(ProjectId),
    /// There is no such key.
    #[error("there is no key {0:?}")]
    Unknown(String),
    /// It was taken back before.
    #[error("the key {id} was revoked at {} already", .at.rfc3339())]
    AlreadyRevoked {
        /// Which key.
        id: KeyId,
        /// When.
        at: Timestamp,
    },
    /// It has a successor.
    #[error("the key {id} was rotated to {to} already; rotate that one")]
    AlreadyRotated {
        /// Which key.
        id: KeyId,
        /// Its successor.
        to: KeyId,
    },
    /// Some of many keys cannot be taken, so none was.
    #[error("{} of the keys cannot be taken, so none was: {}", .0.len(), first(.0))]
    Rows(Vec<RowProblem>),
    /// What one of them may spend cannot be set.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// What it may spend cannot be set here.
    #[error("the key has a budget, and none can be set here")]
    NoBudgets,
    /// Its limits cannot be.
    #[error(transparent)]
    Limits(#[from] LimitError),
    /// The database failed while revoking.
    #[error("the key {id} is refused from now on, but a restart would forget it: {source}; revoke it again")]
    HalfRevoked {
        /// Which key.
        id: KeyId,
        /// Why it could not be stored.
        source: StoreError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn first(problems: &[RowProblem]) -> String {
    problems.first().map_or_else(String::new, |first| format!("row {}: {}", first.row, first.message))
}
