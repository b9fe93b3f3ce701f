//! CSV (RFC 4180) that a spreadsheet opens without running anything: callers choose names of models.

use serde_json::Value;

/// A line of fields.
pub(super) fn line(fields: impl Iterator<Item = String>) -> String {
    let mut line = fields.collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

/// A plain value; nothing for null.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(words) => text(words),
        other => other.to_string(),
    }
}

/// What begins a formula, also in the wide form that some spreadsheets take for the same.
const FORMULA_SIGNS: [char; 9] = ['=', '+', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A text. One that a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers.
pub(super) fn text(words: &str) -> String {
    let is_formula =
        words.starts_with(FORMULA_SIGNS) || (words.starts_with('-') && words.parse::<f64>().is_err());
    let words = if is_formula { format!("'{words}") } else { words.to_owned() };
    if words.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", words.replace('"', "\"\""));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn texts_are_quoted_where_they_must_be() {
        for (words, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("@x,y", "\"'@x,y\""),
            ("-0.5", "-0.5"),
            ("-cmd", "'-cmd"),
            ("\u{ff1d}1+1", "'\u{ff1d}1+1"),
            ("\u{ff0b}1", "'\u{ff0b}1"),
            ("\u{ff0d}1", "'\u{ff0d}1"),
            ("\u{ff20}x", "'\u{ff20}x"),
        ] {
            assert_eq!(text(words), expected);
        }
    }
}
