//! What an answer of the admin API says, as text for people.

use serde_json::Value;

/// Texts as they are, all else as JSON.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same, and a dash where there is nothing.
pub(crate) fn plain(value: &Value) -> String {
    if value.is_null() { "-".to_owned() } else { text(value) }
}

/// A text, and a dash where there is none.
pub(crate) fn or_dash(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or("-").to_owned()
}

/// A row for each thing under a noun.
pub(crate) fn rows<const N: usize>(
    listed: &Value,
    noun: &str,
    row: impl Fn(&Value) -> [String; N],
) -> Vec<[String; N]> {
    listed[noun].as_array().into_iter().flatten().map(row).collect()
}

/// What is said of one thing: a line for each part, its name first.
pub(crate) fn named_lines(lines: &[(&str, String)]) -> String {
    let lines = lines.iter().map(|(name, value)| format!("{name:<12} {value}"));
    lines.collect::<Vec<_>>().join("\n")
}
