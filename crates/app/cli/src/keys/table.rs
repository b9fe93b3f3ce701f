//! Keys as text for people.

use serde_json::Value;

use crate::table::table;

const HEADINGS: [&str; 10] =
    ["ID", "NAME", "KEY", "STATE", "STRICT", "MODELS", "NARROWED", "LIMITS", "LAST USED", "EXPIRES"];
/// What else than models a key may be narrowed to.
const NARROWED: [&str; 4] = ["providers", "regions", "routes", "networks"];
/// Limits, and the options that set them.
const LIMITS: [(&str, &str); 8] = [
    ("requests_per_second", "rps"),
    ("requests_per_minute", "rpm"),
    ("tokens_per_minute", "tpm"),
    ("input_tokens_per_minute", "input-tpm"),
    ("output_tokens_per_minute", "output-tpm"),
    ("concurrent_requests", "concurrent"),
    ("body_bytes", "body-bytes"),
    ("prompt_tokens", "prompt-tokens"),
];
const SHOWN_ONCE: &str = "The key is shown this once: keep it.";

/// What is said about a new key.
pub(super) fn created(key: &Value) -> String {
    let narrowed = NARROWED.into_iter().filter(|field| key[*field].is_array());
    let fields: Vec<&str> =
        ["id", "name", "expires", "strict", "plan", "limits", "models"].into_iter().chain(narrowed).collect();
    format!("{}\n\n{}\n\n{SHOWN_ONCE}", text(key, "key"), lines(key, &fields))
}

/// What is said about a key that was changed.
pub(super) fn changed(key: &Value) -> String {
    let told =
        if is_strict(key) { "is strict: what translation would lose is refused" } else { "is not strict" };
    let also: String = NARROWED
        .iter()
        .filter(|field| key[**field].is_array())
        .map(|field| format!("; {field}: {}", list(key, field)))
        .collect();
    let (id, name, models) = (text(key, "id"), text(key, "name"), list(key, "models"));
    format!("{id} ({name}) {told}; expires: {}{also}; models: {models}", expiry(key))
}

/// What is said about a key that has a successor now.
pub(super) fn rotated(key: &Value) -> String {
    let former = &key["former"];
    format!(
        "{}\n\n{}\n\n{SHOWN_ONCE}\n{} ({}) goes on until {}; it was rotated to {}.",
        text(key, "key"),
        lines(key, &["id", "name", "expires"]),
        text(former, "id"),
        text(former, "hint"),
        expiry(former),
        text(key, "id")
    )
}

/// What is said about a key that was taken back.
pub(super) fn revoked(key: &Value) -> String {
    format!("{} ({}) is revoked", text(key, "id"), text(key, "name"))
}

/// All about one key.
pub(super) fn shown(key: &Value) -> String {
    let all = [
        "id",
        "name",
        "key",
        "state",
        "organisation",
        "project",
        "created",
        "expires",
        "revoked",
        "last used",
        "strict",
        "plan",
        "limits",
        "models",
        "providers",
        "regions",
        "routes",
        "networks",
        "tags",
        "rotated from",
        "rotated to",
        "known by",
    ];
    lines(key, &all)
}

/// A table of keys.
pub(super) fn listed(keys: &[Value], is_narrowed: bool) -> String {
    if keys.is_empty() && is_narrowed {
        return "no key fits".to_owned();
    }
    if keys.is_empty() {
        return "there are no keys yet; bellwether keys create --name NAME makes one".to_owned();
    }
    let rows: Vec<[String; 10]> = keys
        .iter()
        .map(|key| {
            let [id, name, hint, state] = ["id", "name", "hint", "state"].map(|field| text(key, field));
            let narrowed: Vec<_> = NARROWED.into_iter().filter(|field| key[*field].is_array()).collect();
            let narrowed = if narrowed.is_empty() { "-".to_owned() } else { narrowed.join(",") };
            let (strict, models) = (strictness(key), list(key, "models"));
            [id, name, hint, state, strict, models, narrowed, limits(key), minute(key), expiry(key)]
        })
        .collect();
    table(HEADINGS, &rows)
}

/// One line for each of these.
fn lines(key: &Value, named: &[&str]) -> String {
    let width = named.iter().map(|name| name.len()).max().unwrap_or_default();
    let line = |name: &&str| format!("  {name:width$}  {}", value(key, name));
    named.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn value(key: &Value, name: &str) -> String {
    let or = |field: &str, nothing: &str| key[field].as_str().unwrap_or(nothing).to_owned();
    match name {
        "key" => text(key, "hint"),
        "expires" => expiry(key),
        "strict" => strictness(key),
        "created" => text(key, "created_at"),
        "revoked" => or("revoked_at", "no"),
        "last used" => minute(key),
        "rotated from" => or("rotated_from", "-"),
        "rotated to" => or("rotated_to", "-"),
        "known by" => match key["known_by"].as_str() {
            Some("sha256") => "its SHA-256, as it was imported".to_owned(),
            _ => "itself".to_owned(),
        },
        "tags" => {
            let pairs = key["tags"].as_object().into_iter().flatten();
            let words: Vec<_> =
                pairs.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
            if words.is_empty() { "-".to_owned() } else { words.join(", ") }
        }
        "limits" => limits(key),
        "models" | "providers" | "regions" | "routes" | "networks" => list(key, name),
        field => text(key, field),
    }
}

fn text(key: &Value, field: &str) -> String {
    key[field].as_str().unwrap_or_default().to_owned()
}

fn strictness(key: &Value) -> String {
    if is_strict(key) { "yes" } else { "no" }.to_owned()
}

/// Those that it has beside its plan, in the words of the options that set them, such as `rpm 60, concurrent 4`.
fn limits(key: &Value) -> String {
    let bundle = |bundle: &Value| {
        let limits = &bundle["limits"];
        let said =
            LIMITS.iter().filter_map(|(field, word)| Some(format!("{word} {}", limits[*field].as_u64()?)));
        let end = limits["on_limit"].as_str().filter(|end| *end != "refuse");
        let end = end.map(|end| format!(" ({end})")).unwrap_or_default();
        format!("{}{end}", said.collect::<Vec<_>>().join(", "))
    };
    let bundles: Vec<String> = key["limits"].as_array().into_iter().flatten().map(bundle).collect();
    if bundles.is_empty() { "-".to_owned() } else { bundles.join("; ") }
}

/// A server of an earlier version says nothing of it.
fn is_strict(key: &Value) -> bool {
    key["is_strict"].as_bool().unwrap_or(false)
}

/// As it is given on the command line.
fn list(key: &Value, field: &str) -> String {
    let names = key[field].as_array().map(|names| names.iter().filter_map(Value::as_str));
    names.map_or_else(|| "all".to_owned(), |names| names.collect::<Vec<_>>().join(","))
}

fn expiry(key: &Value) -> String {
    key["expires_at"].as_str().unwrap_or("never").to_owned()
}

/// When it was last used, as exact as is known.
fn minute(key: &Value) -> String {
    let at = key["last_used_at"].as_str();
    at.map_or_else(|| "-".to_owned(), |at| format!("{}Z", at.get(..16).unwrap_or(at)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{listed, shown};

    #[test]
    fn columns_line_up() {
        let keys = [
            json!({"id": "key_1", "name": "mobile app", "hint": "bw_…abcd", "state": "active", "is_strict": true, "models": ["smart", "a/*"], "expires_at": null, "routes": ["chat"], "last_used_at": "2026-11-27T10:00:00.000Z",
                "limits": [{"limits": {"requests_per_minute": 60, "concurrent_requests": 4, "on_limit": "refuse"}},
                           {"limits": {"tokens_per_minute": 9, "on_limit": "warn"}}]}),
            json!({"id": "key_22", "name": "é", "hint": "bw_…efgh", "state": "revoked", "expires_at": "2027-01-01T00:00:00.000Z"}),
        ];
        let expected = "ID      NAME        KEY       STATE    STRICT  MODELS     NARROWED  LIMITS                              LAST USED          EXPIRES\n\
                        key_1   mobile app  bw_…abcd  active   yes     smart,a/*  routes    rpm 60, concurrent 4; tpm 9 (warn)  2026-11-27T10:00Z  never\n\
                        key_22  é           bw_…efgh  revoked  no      all        -         -                                   -                  2027-01-01T00:00:00.000Z";
        assert_eq!(listed(&keys, false), expected);
        assert_eq!(listed(&[], true), "no key fits");
    }

    #[test]
    fn all_of_a_key_is_shown() {
        let text = shown(
            &json!({"id": "key_1", "tags": {"team": "shop", "x": ""}, "networks": ["::1"], "rotated_to": "key_2", "known_by": "sha256"}),
        );
        for line in [
            "tags          team=shop, x=",
            "networks      ::1",
            "rotated to    key_2",
            "known by      its SHA-256",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
