//! Why nothing was changed among budgets.

use limits::budget::{RuleError, Scope};

use super::entry::BUDGETS_MAX;
use crate::error::StoreError;

/// Why a wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum BudgetError {
    /// There is one.
    #[error("{scope} has a budget {period} already: number {number}, which can be changed")]
    Taken {
        /// Whose.
        scope: Scope,
        /// How often it begins anew.
        period: &'static str,
        /// Its number.
        number: u64,
    },
    /// There is none, or it is somebody else's, which is the same.
    #[error("there is no budget {0:?}")]
    Unknown(String),
    /// What it would be for is not there, or somebody else's, which is the same.
    #[error("there is no {0}")]
    UnknownScope(Scope),
    /// The operator has set it.
    #[error("budget {0} was set by the operator, who alone changes it")]
    Operators(u64),
    /// The operator's to set.
    #[error(
        "budgets of a whole organisation are set by the operator; its projects and keys are yours to limit"
    )]
    WholeOrganisation,
    /// It cannot be.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// There are too many.
    #[error("there are {BUDGETS_MAX} budgets already, which is the most")]
    TooMany,
    /// There would be too many.
    #[error(
        "{present} budgets are set and {more} more are wanted, and at most {BUDGETS_MAX} can be; nothing was changed"
    )]
    NoRoom {
        /// How many there are.
        present: usize,
        /// How many more are wanted.
        more: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for BudgetError {
    fn from(source: sqlx::Error) -> Self {
        StoreError::database("keep the budgets")(source).into()
    }
}
