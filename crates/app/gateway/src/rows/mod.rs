//! A row for every call, on its way from the workers to the database. Nobody waits for it: what the database cannot keep up
//! with is dropped, successes first, and counted.

mod buffer;
mod facts;
mod queue;
mod writer;

pub(crate) use buffer::RowBuffer;
pub(crate) use facts::{RowFacts, row};
pub use queue::{RowInlet, RowOutlet, row_queue};
pub use writer::write_rows;
