//! Why nothing was done about an alert.

use alerts::SILENCE_SECONDS_MAX;

use super::sizes::SILENCES_MAX;
use crate::error::StoreError;

/// Why a wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// No such silence, or one that is over.
    #[error("there is no silence {0:?}; bellwether alerts list shows those in force")]
    UnknownSilence(String),
    /// Not for so long.
    #[error("a silence lasts 1 second to 90 days ({SILENCE_SECONDS_MAX} seconds), not {0} seconds")]
    BadSpan(u64),
    /// No words.
    #[error("a reason must be 1 to 500 characters without control characters, and not only spaces")]
    BadReason,
    /// No words.
    #[error("a subject must be 1 to 300 characters without control characters, and not only spaces")]
    BadSubject,
    /// There are too many already.
    #[error("there are {SILENCES_MAX} silences already; remove what need not be silent any more")]
    TooManySilences,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for AlertError {
    fn from(source: sqlx::Error) -> Self {
        Self::Store(StoreError::Database { doing: "keep alerts", source })
    }
}
