//! What never gets into the audit, whoever writes an entry: values of fields that are named for secrets, and words that
//! begin as secrets do. The last line of defence: who writes an entry leaves secrets out himself.

use serde_json::Value;

/// What stands in the place of a secret.
const MASK: &str = "(masked)";
/// Fields whose texts are secrets, whatever they hold. Names that end so count as well: `admin_key`.
const SECRET_FIELDS: &[&str] = &[
    "key",
    "keys",
    "secret",
    "secrets",
    "token",
    "password",
    "authorization",
    "credential",
    "credentials",
    "sealed",
    "digest",
];
/// How secrets begin: ours, and those of most vendors.
const SECRET_BEGINNINGS: &[&str] =
    &["bw_", "bwadm_", "bwu_", "hs_", "hsa_", "sk-", "gsk_", "AIza", "AKIA", "ghp_"];
/// A shorter word with such a beginning is a hint, or a word.
const SECRET_CHARS_MIN: usize = 16;

/// A state as JSON without secrets; the same text if there are none.
pub(super) fn state(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return words(text) };
    if mask(&mut value, false) { value.to_string() } else { text.to_owned() }
}

/// A text without secrets.
pub(super) fn words(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(word) = rest.split(|c: char| !is_of_secret(c)).next() {
        masked.push_str(if looks_like_a_secret(word) { MASK } else { word });
        let mut behind = rest[word.len()..].chars();
        match behind.next() {
            Some(between) => masked.push(between),
            None => break,
        }
        rest = behind.as_str();
    }
    masked
}

/// Whether anything was masked.
fn mask(value: &mut Value, is_secret: bool) -> bool {
    match value {
        Value::String(text) => {
            let shown = if is_secret && !is_id(text) { MASK.to_owned() } else { words(text) };
            let is_changed = !text.is_empty() && shown != *text;
            if is_changed {
                *text = shown;
            }
            is_changed
        }
        Value::Array(items) => {
            items.iter_mut().filter_map(|item| mask(item, is_secret).then_some(())).count() > 0
        }
        Value::Object(fields) => {
            let masked =
                fields.iter_mut().filter_map(|(name, item)| mask(item, item_is_secret(name)).then_some(()));
            masked.count() > 0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn item_is_secret(name: &str) -> bool {
    let last = name.rsplit(['_', '-', '.']).next().unwrap_or(name);
    SECRET_FIELDS.iter().any(|known| last.eq_ignore_ascii_case(known))
}

/// An id names a key or another thing and opens nothing; so does a hint, which is cut.
fn is_id(text: &str) -> bool {
    let is_of_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_cut = text.contains('…');
    let is_of_kind = ["key_", "org_", "proj_", "usr_", "tok_"].iter().any(|kind| text.starts_with(kind));
    is_cut || is_of_kind && text.chars().all(is_of_id)
}

fn looks_like_a_secret(word: &str) -> bool {
    word.len() >= SECRET_CHARS_MIN && SECRET_BEGINNINGS.iter().any(|beginning| word.starts_with(beginning))
}

const fn is_of_secret(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::{state, words};

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let check = |text: &str, expected: &str| assert_eq!(state(text), expected);
        check(r#"{"b":1,"a":"x"}"#, r#"{"b":1,"a":"x"}"#);
        check(
            r#"{"api_key":"anything","id":"key_01kahg2xm0000000000000000a"}"#,
            r#"{"api_key":"(masked)","id":"key_01kahg2xm0000000000000000a"}"#,
        );
        check(r#"{"key":"key_01kahg2xm0000000000000000a"}"#, r#"{"key":"key_01kahg2xm0000000000000000a"}"#);
        check(
            r#"{"credentials":["one",{"secret":"two"}],"hint":"bw_…sion"}"#,
            r#"{"credentials":["(masked)",{"secret":"(masked)"}],"hint":"bw_…sion"}"#,
        );
        check(r#"["sk-0123456789abcdef"]"#, r#"["(masked)"]"#);
        check("bw_0123456789abcdef is no JSON", "(masked) is no JSON");
    }

    #[test]
    fn words_are_looked_at_one_by_one() {
        let check = |text: &str, expected: &str| assert_eq!(words(text), expected);
        check("", "");
        check("leaked: sk-proj-0123456789abcdef, replaced", "leaked: (masked), replaced");
        check("key=bw_0123456789abcdefghij", "key=(masked)");
        check("claude-3-5-sonnet-20241022 is slow, bw_short", "claude-3-5-sonnet-20241022 is slow, bw_short");
        check("ü sk-0123456789abcdef", "ü (masked)");
    }
}
