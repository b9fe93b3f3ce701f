//! Keys as text for people.

use serde_json::Value;

use crate::table::table;

const HEADINGS: [&str; 7] = ["ID", "NAME", "KEY", "STATE", "STRICT", "MODELS", "EXPIRES"];

/// What is said about a new key.
pub(super) fn created(key: &Value) -> String {
    format!(
        "{}\n\n  id       {}\n  name     {}\n  expires  {}\n  strict   {}\n  models   {}\n\nThe key is shown this once: keep it.",
        text(key, "key"),
        text(key, "id"),
        text(key, "name"),
        expiry(key),
        strictness(key),
        models(key)
    )
}

/// What is said about a key that was changed.
pub(super) fn changed(key: &Value) -> String {
    let told =
        if is_strict(key) { "is strict: what translation would lose is refused" } else { "is not strict" };
    format!("{} ({}) {told}; models: {}", text(key, "id"), text(key, "name"), models(key))
}

/// What is said about a key that was taken back.
pub(super) fn revoked(key: &Value) -> String {
    format!("{} ({}) is revoked", text(key, "id"), text(key, "name"))
}

/// A table of keys.
pub(super) fn listed(keys: &[Value]) -> String {
    if keys.is_empty() {
        return "there are no keys yet; bellwether keys create --name NAME makes one".to_owned();
    }
    let rows: Vec<[String; 7]> = keys
        .iter()
        .map(|key| {
            let [id, name, hint, state] = ["id", "name", "hint", "state"].map(|field| text(key, field));
            [id, name, hint, state, strictness(key), models(key), expiry(key)]
        })
        .collect();
    table(HEADINGS, &rows)
}

fn text(key: &Value, field: &str) -> String {
    key[field].as_str().unwrap_or_default().to_owned()
}

fn strictness(key: &Value) -> String {
    if is_strict(key) { "yes" } else { "no" }.to_owned()
}

/// A server of an earlier version says nothing of it.
fn is_strict(key: &Value) -> bool {
    key["is_strict"].as_bool().unwrap_or(false)
}

/// As they are given to `--models`.
fn models(key: &Value) -> String {
    let names = key["models"].as_array().map(|names| names.iter().filter_map(Value::as_str));
    names.map_or_else(|| "all".to_owned(), |names| names.collect::<Vec<_>>().join(","))
}

fn expiry(key: &Value) -> String {
    key["expires_at"].as_str().unwrap_or("never").to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::listed;

    #[test]
    fn columns_line_up() {
        let keys = [
            json!({"id": "key_1", "name": "mobile app", "hint": "bw_…abcd", "state": "active", "is_strict": true, "models": ["smart", "a/*"], "expires_at": null}),
            json!({"id": "key_22", "name": "é", "hint": "bw_…efgh", "state": "revoked", "expires_at": "2027-01-01T00:00:00.000Z"}),
        ];
        let expected = "ID      NAME        KEY       STATE    STRICT  MODELS     EXPIRES\n\
                        key_1   mobile app  bw_…abcd  active   yes     smart,a/*  never\n\
                        key_22  é           bw_…efgh  revoked  no      all        2027-01-01T00:00:00.000Z";
        assert_eq!(listed(&keys), expected);
    }
}
