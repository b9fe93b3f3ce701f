//! One message on its way to one channel.

use alerts::Notice;
use domain::Timestamp;

/// Messages that are kept once they have ended; older ones are forgotten.
pub const DELIVERIES_KEPT: u32 = 1_000;
/// Messages that wait for one channel; for more the oldest of them are given up.
pub const WAITING_MAX: u32 = 1_000;
/// A channel that has a new message is tried again within so long, whatever it said before.
pub(super) const NEWS_WAIT_MS: i64 = 30_000;
/// Messages of one page.
pub const DELIVERIES_PER_PAGE_MAX: u32 = 1_000;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried, or will be again.
    Waiting,
    /// The channel took it.
    Delivered,
    /// It is not tried again.
    GivenUp,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Its number; never given twice.
    pub number: i64,
    /// Where to, by the channel's name.
    pub channel: String,
    /// What is told.
    pub notice: Notice,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it is on its way.
    pub made_at: Timestamp,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// When it was taken or given up.
    pub ended_at: Option<Timestamp>,
    /// What the channel said of the last try that failed.
    pub error: Option<String>,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempted {
    /// The channel took it.
    Delivered,
    /// It did not, for this reason; it is tried again then.
    TryAgain(String, Timestamp),
    /// It did not, and never will.
    GivenUp(String),
}

impl DeliveryState {
    const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::GivenUp];

    /// As it is kept and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
