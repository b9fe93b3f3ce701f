//! A call's part in the cache: what it made of it, and what it is to leave there.

use routing::CacheRule;

use super::flights::Seat;
use super::name::AnswerName;

/// What a call made of the cache, as its caller, log and metrics are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CacheState {
    /// It was told a kept answer.
    Hit,
    /// There was none.
    Miss,
    /// It wanted a new one.
    Refresh,
    /// It had nothing to do with it: by its caller's wish, or because such answers are not kept.
    Bypass,
}

impl CacheState {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Hit, Self::Miss, Self::Refresh, Self::Bypass];

    /// As told to people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Refresh => "refresh",
            Self::Bypass => "bypass",
        }
    }
}

/// A call's part in the cache. Few calls have one where few models do.
#[derive(Debug)]
pub(crate) struct CachePart {
    pub(crate) state: CacheState,
    /// What is to become of its answer, until that begins.
    pub(crate) fill: Option<Fill>,
}

/// Where an answer goes that is about to be asked for.
#[derive(Debug)]
pub(crate) struct Fill {
    pub(crate) name: AnswerName,
    pub(crate) rule: CacheRule,
    /// Its answer says how it came to its end.
    pub(crate) tells_end: bool,
    /// Others wait for it.
    pub(crate) seat: Option<Seat>,
}
