//! In which form a report is wanted.

use crate::refusal::Refusal;
use crate::wanted::read;

/// Whether it is CSV.
pub(crate) fn read_format(said: Option<String>) -> Result<bool, Refusal> {
    Ok(read("format", said, is_csv, "json or csv")?.unwrap_or(false))
}

fn is_csv(text: &str) -> Option<bool> {
    match text {
        "csv" => Some(true),
        "json" => Some(false),
        _ => None,
    }
}
