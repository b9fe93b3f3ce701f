//! What a database must do for request rows.

use domain::{CallId, OrganisationId, Timestamp};

use super::batch::RowBatch;
use super::row::RequestRow;
use crate::keys::Answer;

/// Rows of one page.
pub const REQUESTS_PER_PAGE_MAX: u32 = 1000;

/// Which rows are wanted; of several wishes all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestQuery {
    /// Our own id: one row at most.
    pub call_id: Option<CallId>,
    /// The caller's id, which he may use twice.
    pub request_id: Option<String>,
    /// The key's id.
    pub key: Option<String>,
    /// Whose rows may be seen at all; `None` for all of them.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Who pays.
    pub organisation: Option<String>,
    /// What for.
    pub project: Option<String>,
    /// The model by the name that was asked for, or that its provider knows it by.
    pub model: Option<String>,
    /// The configured id of who answered.
    pub provider: Option<String>,
    /// The status that the caller saw.
    pub status: Option<StatusWish>,
    /// Received from then on …
    pub from: Option<Timestamp>,
    /// … and before then.
    pub to: Option<Timestamp>,
    /// Those before this one, which was the last of the page before.
    pub after: Option<CallId>,
    /// So many at most.
    pub limit: u32,
}

/// Which statuses are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusWish {
    /// This one.
    Exactly(u16),
    /// All that begin with this digit.
    Class(u16),
}

impl StatusWish {
    /// Reads `429` or `4xx`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_status = |status: &u16| (100..1000).contains(status);
        match text.strip_suffix("xx") {
            Some(class) => class.parse().ok().filter(|class| (1..10).contains(class)).map(Self::Class),
            None => text.parse().ok().filter(is_status).map(Self::Exactly),
        }
    }

    /// The first that is wanted, and the first behind it that is not.
    pub(crate) const fn range(self) -> (i64, i64) {
        match self {
            Self::Exactly(status) => (status as i64, status as i64 + 1),
            Self::Class(class) => (class as i64 * 100, class as i64 * 100 + 100),
        }
    }
}

/// A page of rows, the newest first.
#[derive(Debug, Default)]
pub struct RequestPage {
    /// The rows.
    pub rows: Vec<RequestRow<'static>>,
    /// Where to look on: there may be more. A page may end early, or be empty, where much had to be looked through.
    pub next_after: Option<CallId>,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestState {
    /// Whole days that have rows.
    pub days: u32,
}

/// What is kept of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowsKept {
    /// Its rows.
    pub rows: bool,
    /// What they come to.
    pub sums: bool,
}

impl RowsKept {
    /// Everything.
    pub const ALL: Self = Self { rows: true, sums: true };
}

/// The rows in a database.
pub trait RequestRecords: Send + Sync {
    /// Writes what a batch holds, all or nothing. The same batch is written once.
    fn write<'a>(&'a self, batch: &'a RowBatch, kept: RowsKept) -> Answer<'a, ()>;

    /// A page of them. The work of one call is bounded.
    fn look<'a>(&'a self, query: &'a RequestQuery) -> Answer<'a, RequestPage>;

    /// Drops the days that ended before this moment. Gives how many.
    fn drop_before(&self, moment: Timestamp) -> Answer<'_, u32>;

    /// Takes what rows came to into the sums that reports read. Whoever writes does it now and then. Gives how much of it could
    /// not be read, and was set aside.
    fn sum_up(&self, now: Timestamp) -> Answer<'_, usize>;

    /// Drops sums of minutes that are old, and of quarters of an hour that are older than so many days.
    fn drop_sums(&self, now: Timestamp, quarters_kept_days: u32) -> Answer<'_, ()>;

    /// How much is kept.
    fn state(&self) -> Answer<'_, RequestState>;
}
