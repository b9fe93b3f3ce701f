//! Reading one value out of a row. Databases disagree on how they write a flag or a number; here they do not.

use serde_json::Value;

use super::tables::Row;

/// The text of a column; empty if there is none.
pub(crate) fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).and_then(Value::as_str).unwrap_or_default().trim()
}

/// The number of a column.
pub(crate) fn integer(row: &Row, column: &str) -> Option<i64> {
    match row.get(column)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(flag) => Some((*flag).into()),
        _ => None,
    }
}

/// Whether a flag is set.
pub(crate) fn flag(row: &Row, column: &str) -> bool {
    match row.get(column) {
        Some(Value::String(text)) => matches!(text.trim(), "1" | "t" | "true"),
        _ => integer(row, column).is_some_and(|number| number != 0),
    }
}

/// The object of a column, which may be stored as text; empty if there is none, `None` if it is something else.
pub(crate) fn object(row: &Row, column: &str) -> Option<Row> {
    match row.get(column) {
        None | Some(Value::Null) => Some(Row::new()),
        Some(Value::Object(map)) => Some(map.clone()),
        Some(Value::String(text)) if text.trim().is_empty() => Some(Row::new()),
        Some(Value::String(text)) => match serde_json::from_str(text).ok()? {
            Value::Null => Some(Row::new()),
            Value::Object(map) => Some(map),
            _ => None,
        },
        Some(_) => None,
    }
}

/// The words of a list that is written with separators, each once.
pub(crate) fn words<'t>(text: &'t str, separators: &[char]) -> Vec<&'t str> {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(separators).map(str::trim).filter(|word| !word.is_empty()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// Whether a value says nothing, whatever its type.
pub(crate) fn is_idle(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => matches!(text.trim(), "" | "{}" | "[]" | "null" | "false" | "0"),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(is_idle),
        Value::Bool(true) => false,
    }
}

/// Whether the row was deleted and only kept for the record.
pub(crate) fn is_deleted(row: &Row) -> bool {
    let column = ["deleted_at", "DeletedAt"].iter().find_map(|column| row.get(*column));
    column.is_some_and(|value| !is_idle(value))
}
