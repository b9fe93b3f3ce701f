//! The way to the kept answers of the process this API lives in: how they do, and dropping them.

use serde_json::Value;

/// The kept answers.
pub struct CacheDesk {
    /// How many there are, how often they helped, and what that saved.
    pub show: Box<dyn Fn() -> Value + Send + Sync>,
    /// Drops those that are meant, also those that are being made.
    pub flush: Box<dyn Fn(CacheChoice) -> CacheFlushed + Send + Sync>,
}

/// Which are meant; all where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheChoice {
    /// Those of a model, by the name that callers ask for.
    pub model: Option<String>,
    /// Those that were made for a project, by its id.
    pub project: Option<String>,
}

/// What was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheFlushed {
    /// So many answers.
    pub entries: u64,
    /// And what they took.
    pub bytes: u64,
}
