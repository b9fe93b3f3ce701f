//! In which form a report is wanted, and answering in it.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::notes::report_notes;
use crate::refusal::Refusal;
use crate::wanted::read;

/// What a report in CSV is without, for there is no place in it.
const NOTE_HEADER: &str = "x-bellwether-report-note";

/// Whether it is CSV.
pub(crate) fn read_format(said: Option<String>) -> Result<bool, Refusal> {
    Ok(read("format", said, is_csv, "json or csv")?.unwrap_or(false))
}

/// CSV, made of what is told as JSON.
pub(crate) fn csv_answer(csv: String, told: &Value) -> Response {
    let mut answer = ([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv).into_response();
    let notes = report_notes(told).join("; ");
    if let Ok(notes) = HeaderValue::from_str(&notes)
        && !notes.is_empty()
    {
        answer.headers_mut().insert(NOTE_HEADER, notes);
    }
    answer
}

fn is_csv(text: &str) -> Option<bool> {
    match text {
        "csv" => Some(true),
        "json" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{NOTE_HEADER, csv_answer};

    #[test]
    fn csv_has_its_notes_in_a_header() {
        let noted = csv_answer(String::new(), &json!({ "notes": ["a", "b"] }));
        assert_eq!(noted.headers()[NOTE_HEADER], "a; b");
        assert!(!csv_answer(String::new(), &json!({ "notes": [] })).headers().contains_key(NOTE_HEADER));
    }
}
