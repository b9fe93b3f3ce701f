//! Reports of calls: what is asked becomes a query, and what is found is told to people. Reading sums is the store's business.

mod amount;
mod choice;
mod csv;
mod daily;
mod day;
mod figures;
mod format;
mod margin;
mod notes;
mod refused;
mod rules;
mod span;
mod table;
mod whatif;

pub(crate) use choice::{Wanted, is_reconciled};
pub(crate) use day::day;
pub(crate) use format::{csv_answer, read_format};
pub use margin::margin_csv;
pub(crate) use margin::{MARGIN_BY, margins};
pub(crate) use notes::notes;
pub use notes::report_notes;
pub use rules::ReportRules;
pub use span::{REPORT_DAYS_SPAN_DAYS, REPORT_HOURS_SPAN_DAYS, REPORT_MINUTES_SPAN_HOURS};
pub(crate) use span::{Said, Span, Step, days_before};
pub use table::report_csv;
pub(crate) use table::{as_json, lines};
pub(crate) use whatif::{Swap, WHATIF_BY, whatif};
