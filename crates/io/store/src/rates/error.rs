//! Why nothing was changed among limits.

use limits::budget::Scope;

use super::entry::LIMITS_MAX;
use crate::error::StoreError;

/// Why a wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// There is none, or they are somebody else's, which is the same.
    #[error("there are no limits {0:?}")]
    Unknown(String),
    /// What they would be for is not there, or somebody else's, which is the same.
    #[error("there is no {0}")]
    UnknownScope(Scope),
    /// The operator has set them.
    #[error("limits {0} were set by the operator, who alone changes them")]
    Operators(u64),
    /// The operator's to set.
    #[error(
        "limits and the plan of a whole organisation are set by the operator; its projects and keys are yours to limit"
    )]
    WholeOrganisation,
    /// It is said at the key itself.
    #[error(
        "the plan of a key is set with the key: PATCH /admin/v1/keys/{{id}}, or bellwether keys change --plan"
    )]
    PlanOfKey,
    /// There are too many.
    #[error("there are {LIMITS_MAX} bundles of limits already, which is the most")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LimitError {
    fn from(source: sqlx::Error) -> Self {
        StoreError::database("keep the limits")(source).into()
    }
}
