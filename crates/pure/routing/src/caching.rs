//! Whether answers to calls for a name are kept for whoever asks the same, and how. Keeping them is done elsewhere.

use std::time::Duration;

/// Whether answers to calls for a name are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caching {
    /// Where the caller's key is one whose answers are kept.
    #[default]
    Unsaid,
    /// Never.
    Off,
    /// For every caller.
    On(CacheRule),
}

/// How answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheRule {
    /// For so long.
    pub ttl: Duration,
    /// Who has them in common.
    pub scope: CacheScope,
    /// What a kept answer costs its caller, in percent of what it would cost if it was asked for.
    pub hit_percent: u8,
    /// Answers in which a tool is called are kept, too.
    pub keeps_tool_calls: bool,
}

/// Who has kept answers in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheScope {
    /// Nobody: each key has its own.
    Key,
    /// The keys of a project.
    Project,
    /// The keys of an organisation.
    Organisation,
    /// Everybody.
    All,
}

impl CacheScope {
    /// All of them, the narrowest first.
    pub const ALL: [Self; 4] = [Self::Key, Self::Project, Self::Organisation, Self::All];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Project => "project",
            Self::Organisation => "organisation",
            Self::All => "all",
        }
    }
}
