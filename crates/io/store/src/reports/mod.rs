//! What calls come to: sums by minute, quarter of an hour, hour and day, of all that a report may part calls by. They are made of
//! rows as these are written, and hold as many decimals as the rows do; what accounts paid is held against the ledger.

mod bytes;
mod cell;
mod cells;
mod desk;
mod figures;
mod gather;
mod latencies;
mod lists;
mod marks;
mod part;
mod plan;
#[cfg(test)]
mod proof;
mod query;
mod received;
mod slots;
#[cfg(test)]
mod suite;
mod sums;
mod table;
mod tier;

pub use cell::PROMPT_SIZES;
pub(crate) use cells::{by_minute, pieces};
pub use desk::{REPORT_BYTES_MAX, REPORTS_AT_ONCE, Report, ReportDesk, Unrecorded};
pub use figures::{Count, Figures};
pub use gather::{REPORT_ROWS_MAX, ReportRow};
pub use latencies::Latencies;
pub use plan::Minutes;
pub use query::{Dimension, REPORT_DIMENSIONS_MAX, ReportError, ReportQuery};
pub(crate) use table::{MARKS, SUMS, Sums};
pub use tier::REPORT_MINUTES_KEPT_HOURS;
