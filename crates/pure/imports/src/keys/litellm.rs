//! The rows of LiteLLM's table of keys. It keeps the SHA-256 of each key, in hexadecimal digits; callers go on sending what
//! they always sent.

use domain::Timestamp;
use serde_json::{Map, Value, json};

use super::found::{KeysFound, Known};
use super::numbers::as_texts;
use super::rows::{Row, rows};

/// Names that stand for others: everything, and what only LiteLLM can tell.
const ALL_MODELS: &str = "all-proxy-models";
const ELSEWHERE: [&str; 2] = ["all-team-models", "no-default-models"];

/// Takes the keys that still open something there. Rows of teams and users may stand between them. Whether budgets are carried is
/// said by whoever carries them.
pub fn litellm(text: &str, now: Timestamp, carries_budgets: bool) -> Result<KeysFound, String> {
    let mut found = KeysFound::of("litellm");
    let (mut closed, mut with_budget, mut with_limits) = (0, 0, 0);
    for (at, row) in rows(&as_texts(text))?.into_iter().enumerate() {
        let number = at + 1;
        if is_of_another_table(&row) {
            continue;
        }
        let expires = match expiry(row.get("expires")) {
            Ok(expires) => expires,
            Err(why) => {
                found.refuse(number, why);
                continue;
            }
        };
        if is_true(row.get("blocked")) || expires.is_some_and(|end| end <= now) {
            closed += 1;
            continue;
        }
        let Some(token) = row.get("token").and_then(Value::as_str).map(str::trim) else {
            found.refuse(number, "there is no token in it");
            continue;
        };
        let is_hash = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        let settings = match settings(&row, token, expires) {
            Ok(settings) => settings,
            Err(why) => {
                found.refuse(number, why);
                continue;
            }
        };
        with_budget += usize::from(is_number(row.get("max_budget")));
        with_limits += usize::from(
            ["tpm_limit", "rpm_limit", "max_parallel_requests"].iter().any(|name| is_number(row.get(*name))),
        );
        let known = if is_hash { Known::Sha256(token) } else { Known::Key(token) };
        found.add(number, &known, settings);
    }
    found.tell_names_apart();
    found.note(closed, "keys are blocked or expired there and left out");
    found.note(
        if carries_budgets { 0 } else { with_budget },
        "keys have a budget there, which is for the ledger and not carried with the keys: here they open without it; \
         --balances carries budgets",
    );
    found.note(with_limits, "keys have limits of tokens or requests there, which are not carried");
    Ok(found)
}

/// Whether a row is no key but a team, a user or the like.
pub(crate) fn is_of_another_table(row: &Row) -> bool {
    !row.contains_key("token")
        && ["team_id", "user_id", "organization_id", "budget_id"].iter().any(|name| row.contains_key(*name))
}

fn settings(row: &Row, token: &str, expires: Option<Timestamp>) -> Result<Map<String, Value>, String> {
    let text =
        |name: &str| row.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let shown: String = token.chars().take(8).collect();
    let name = text("key_alias")
        .or_else(|| text("key_name"))
        .map_or_else(|| format!("litellm {shown}"), str::to_owned);
    let mut settings = Map::new();
    settings.insert("name".to_owned(), name.into());
    if let Some(end) = expires {
        settings.insert("expires_at".to_owned(), end.rfc3339().into());
    }
    let models = list(row.get("models"))?;
    if let Some(elsewhere) = models.iter().find(|model| ELSEWHERE.contains(&model.as_str())) {
        return Err(format!(
            "it is for {elsewhere:?}, which this file does not tell; write the names of its models instead"
        ));
    }
    if !models.is_empty() && !models.iter().any(|model| model == ALL_MODELS) {
        settings.insert("models".to_owned(), json!(models));
    }
    let mut tags = Map::new();
    for (name, column) in
        [("litellm.team", "team_id"), ("litellm.user", "user_id"), ("litellm.org", "organization_id")]
    {
        if let Some(value) = text(column) {
            tags.insert(name.to_owned(), value.into());
        }
    }
    settings.insert("tags".to_owned(), tags.into());
    Ok(settings)
}

/// A list as JSON has it, or as PostgreSQL writes one: `{a,b}`.
fn list(value: Option<&Value>) -> Result<Vec<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(names)) => {
            let name =
                |name: &Value| name.as_str().map(str::to_owned).ok_or("a model's name is no text".to_owned());
            names.iter().map(name).collect()
        }
        Some(Value::String(text)) => {
            let inner = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let inner = inner.ok_or_else(|| "models are no list".to_owned())?;
            let names = inner.split(',').map(|name| name.trim().trim_matches('"').to_owned());
            Ok(names.filter(|name| !name.is_empty()).collect())
        }
        Some(_) => Err("models are no list".to_owned()),
    }
}

/// A moment as JSON and as PostgreSQL write it, in UTC.
fn expiry(value: Option<&Value>) -> Result<Option<Timestamp>, String> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(_) => return Err("expires is no moment".to_owned()),
    };
    let without = ["+00:00", "+00", "Z"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(text);
    let moment = Timestamp::parse(&format!("{}Z", without.replacen(' ', "T", 1)));
    moment.map(Some).ok_or_else(|| format!("expires is no moment in UTC: {text:?}"))
}

pub(crate) fn is_true(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true)))
        || value.and_then(Value::as_str).is_some_and(|text| matches!(text, "t" | "true"))
}

pub(crate) fn is_number(value: Option<&Value>) -> bool {
    value.is_some_and(Value::is_number)
        || value.and_then(Value::as_str).is_some_and(|text| text.parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use serde_json::json;

    use super::litellm;

    const NOW: Timestamp = Timestamp(1_795_219_200_000);
    const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn hashes_are_taken_with_what_they_are_for() {
        let rows = json!([
            {"token": HASH, "key_name": "sk-...aaaa", "key_alias": "shop", "models": ["gpt-4o"], "expires": "2027-01-01T00:00:00+00:00", "team_id": "t1", "spend": 1.5, "max_budget": 10.0, "rpm_limit": 5},
            {"token": "sk-kept-as-it-is-sent", "models": "{all-proxy-models}", "expires": "2027-01-01 00:00:00.5"},
            {"token": HASH.replace('b', "c"), "blocked": true},
            {"token": HASH.replace('b', "d"), "expires": "2020-01-01T00:00:00Z"},
        ]);
        let found = litellm(&rows.to_string(), NOW, false).unwrap();
        let expected = [
            json!({"row": 1, "sha256": HASH, "settings": {"name": "shop", "models": ["gpt-4o"], "expires_at": "2027-01-01T00:00:00.000Z", "tags": {"litellm.team": "t1"}}}),
            json!({"row": 2, "key": "sk-kept-as-it-is-sent", "settings": {"name": "litellm sk-kept-", "expires_at": "2027-01-01T00:00:00.500Z", "tags": {}}}),
        ];
        assert_eq!(found.keys, expected);
        let notes = found.notes.join("\n");
        for note in ["2 keys are blocked or expired", "1 keys have a budget", "1 keys have limits"] {
            assert!(notes.contains(note), "{notes}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_refused_by_row() {
        let rows = json!([
            {"token": HASH, "models": ["all-team-models"]},
            {"key_name": "sk-...a"},
            {"token": HASH, "expires": "soon"},
            {"token": HASH, "models": 7},
        ]);
        let found = litellm(&rows.to_string(), NOW, false).unwrap();
        assert_eq!(found.problems.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(found.problems[0].1.contains("all-team-models"));
    }
}
