//! A row for every call: who asked whom, how it went, what it took and cost. No prompt, no answer, no secret. One table a day,
//! so that whole days are dropped; in it rows lie packed by the hundred.

mod batch;
mod contract;
mod days;
mod look;
mod marks;
mod pack;
mod reader;
mod row;
mod sql;
#[cfg(test)]
pub(crate) mod suite;
mod wish;
mod written;

pub use batch::RowBatch;
pub use contract::{
    REQUESTS_PER_PAGE_MAX, RequestPage, RequestQuery, RequestRecords, RequestState, RowsKept, StatusWish,
};
pub use row::{FLAG_CACHED, RequestRow, RowCost};
pub use sql::{REQUESTS_FILE, RequestStore};
