//! How a found value is shown to the operator: short, on one line, and never a secret.

use crate::tree::Value;

/// Longest text that is shown whole.
const SHOWN_CHARACTERS_MAX: usize = 80;
/// A run of letters and digits this long, with both in it, may be a credential in the wrong place.
const SECRET_RUN_MIN: usize = 20;

/// The value's kind and, for plain ones, the value itself.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(value) => text(value),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a mapping".to_owned(),
    }
}

/// The kind alone, for values that may be secrets.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Text(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}

/// The text in quotes, shortened; a text that looks like a secret is only described.
pub(crate) fn text(text: &str) -> String {
    let count = text.chars().count();
    if looks_like_a_secret(text) {
        return described(text);
    }
    if count <= SHOWN_CHARACTERS_MAX {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(SHOWN_CHARACTERS_MAX).collect();
    format!("{start:?}… ({count} characters)")
}

/// A key for use in a path: one that is very long or looks like a secret is left out.
pub(crate) fn key(text: &str) -> &str {
    if text.len() > SHOWN_CHARACTERS_MAX || looks_like_a_secret(text) { "…" } else { text }
}

/// The path of a file, shortened. Paths are no secrets, though names made by tools may look like them; one that has a
/// vendor's key in it is a key in the wrong place.
pub(crate) fn path(text: &str) -> String {
    if runs(text).any(|run| is_random(run) && run.contains("sk-")) {
        return described(text);
    }
    text.escape_debug().take(4 * SHOWN_CHARACTERS_MAX).collect()
}

fn described(text: &str) -> String {
    format!("a text of {} characters (not shown: it may hold a secret)", text.chars().count())
}

fn looks_like_a_secret(text: &str) -> bool {
    let before_at = text.rsplit_once('@').map_or("", |(before, _)| before);
    let holds_user_information = before_at.contains(':');
    let has_query = text.contains("://") && text.contains('?');
    let has_random_run = runs(text).any(is_random);
    // Most vendors' keys begin so, whatever their length.
    holds_user_information || has_query || has_random_run || text.trim_start().starts_with("sk-")
}

fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'))
}

fn is_random(run: &str) -> bool {
    run.len() >= SECRET_RUN_MIN
        && run.contains(|c: char| c.is_ascii_digit())
        && run.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::{path, text};

    #[test]
    fn a_key_in_place_of_a_path_is_only_described() {
        assert!(path("keys/sk-0123456789abcdef0123").starts_with("a text of "));
        assert_eq!(
            path("/store/0123456789abcdef0123-task/tls.pem"),
            "/store/0123456789abcdef0123-task/tls.pem"
        );
    }

    #[test]
    fn what_may_be_a_secret_is_only_described() {
        for secret in [
            "sk-short",
            "0123456789abcdef0123456789abcdef",
            "https://me:password@example.com",
            "https://example.com/?key=abc",
            "Bearer AIzaSyA1234567890abcdefg",
        ] {
            assert!(text(secret).starts_with("a text of "), "{secret}");
        }
        assert_eq!(text("https://api.example.com/v1"), "\"https://api.example.com/v1\"");
        assert_eq!(text("two\nlines"), "\"two\\nlines\"");
        assert!(text(&"é ".repeat(100)).ends_with("… (200 characters)"));
    }
}
