//! The tokens of a new-api or one-api as keys. What they may still spend is told, and is not a property of our keys: it is
//! carried as balances, if that is wished.

use std::collections::BTreeMap;

use domain::{Timestamp, is_key_text};
use serde_json::{Map, Value, json};

use super::found::{KeysFound, Known};
use crate::new_api::row::{flag, integer, is_deleted, text, words};
use crate::new_api::{NewApiTables, Row};

/// Callers send this before what is stored.
const KEY_LEAD: &str = "sk-";
const ACTIVE: i64 = 1;

/// Whether a user there may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    Active,
    Closed,
}

/// Every user's state, by his number.
pub(crate) fn users(rows: &[Row]) -> BTreeMap<i64, User> {
    let state = |row: &Row| {
        let is_active = !is_deleted(row) && integer(row, "status").unwrap_or(ACTIVE) == ACTIVE;
        if is_active { User::Active } else { User::Closed }
    };
    rows.iter().filter_map(|row| Some((integer(row, "id")?, state(row)))).collect()
}

/// A token's number, by which its row is told.
pub(crate) fn number_of(row: &Row, at: usize) -> usize {
    integer(row, "id").and_then(|id| usize::try_from(id).ok()).unwrap_or(at + 1)
}

/// Takes the tokens that still open something there. Whether their quotas are carried is said by whoever carries them.
pub fn new_api(tables: &NewApiTables, now: Timestamp, carries_balances: bool) -> KeysFound {
    let mut found = KeysFound::of("new-api");
    let (mut deleted, mut closed, mut masked, mut limited, mut quota) = (0, 0, 0, 0, 0_i128);
    let (users, mut ownerless) = (users(&tables.users), 0);
    for (at, row) in tables.tokens.iter().enumerate() {
        let number = number_of(row, at);
        let expires = integer(row, "expired_time").filter(|seconds| *seconds > 0);
        let expires = expires.map(|seconds| Timestamp(seconds.saturating_mul(1000)));
        if is_deleted(row) {
            deleted += 1;
            continue;
        }
        let is_limited = !flag(row, "unlimited_quota");
        let left = integer(row, "remain_quota").unwrap_or_default();
        let is_exhausted = is_limited && left <= 0;
        if is_exhausted
            || integer(row, "status").unwrap_or(ACTIVE) != ACTIVE
            || expires.is_some_and(|end| end <= now)
        {
            closed += 1;
            continue;
        }
        // An export of the tokens alone does not tell.
        let user = integer(row, "user_id").and_then(|user| users.get(&user));
        if !users.is_empty() && user != Some(&User::Active) {
            ownerless += 1;
            continue;
        }
        let stored = text(row, "key");
        let sent = format!("{KEY_LEAD}{}", stored.strip_prefix(KEY_LEAD).unwrap_or(stored));
        // Consoles show keys with stars in the middle.
        if stored.is_empty() || stored.contains('*') || !is_key_text(&sent) {
            masked += 1;
            continue;
        }
        if is_limited {
            limited += 1;
            quota += i128::from(left);
        }
        found.add(number, &Known::Key(&sent), settings(row, number, expires));
    }
    found.tell_names_apart();
    found.note(deleted, "tokens are deleted there and left out");
    found.note(closed, "tokens are disabled, expired or exhausted there and left out");
    found.note(ownerless, "tokens are of users who are disabled or deleted there, and left out");
    found.note(
        masked,
        "tokens are left out: the key is missing, masked or too short; import from the database",
    );
    let limited = if carries_balances { 0 } else { limited };
    found.note(
        limited,
        &format!(
            "tokens have a quota there, {quota} in all, which is for the ledger and not carried with the keys: here \
             they open without it; --balances makes budgets of quotas, and accounts of what users have left"
        ),
    );
    found
}

fn settings(row: &Row, number: usize, expires: Option<Timestamp>) -> Map<String, Value> {
    let name = Some(text(row, "name")).filter(|name| !name.is_empty());
    let mut settings = Map::new();
    let mut set = |field: &str, value: Value| settings.insert(field.to_owned(), value);
    set("name", name.map_or_else(|| format!("token {number}"), str::to_owned).into());
    if let Some(end) = expires {
        set("expires_at", end.rfc3339().into());
    }
    // new-api and one-api have other columns for the same.
    let limited = flag(row, "model_limits_enabled");
    let models = words(if limited { text(row, "model_limits") } else { text(row, "models") }, &[',']);
    if !models.is_empty() {
        set("models", json!(models));
    }
    let networks =
        if text(row, "allow_ips").is_empty() { text(row, "subnet") } else { text(row, "allow_ips") };
    let networks = words(networks, &['\n', ',']);
    if !networks.is_empty() {
        set("networks", json!(networks));
    }
    let mut tags = Map::new();
    for (name, value) in [
        ("new-api.token", number.to_string()),
        ("new-api.user", integer(row, "user_id").map(|id| id.to_string()).unwrap_or_default()),
        ("new-api.group", text(row, "group").to_owned()),
    ] {
        if !value.is_empty() {
            tags.insert(name.to_owned(), value.into());
        }
    }
    set("tags", tags.into());
    settings
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use serde_json::json;

    use super::new_api;
    use crate::new_api::NewApiTables;

    #[test]
    fn tokens_are_taken_as_callers_send_them() {
        let key = "abcdefghijklmnopqrstuvwx";
        let token = |id: u32, more: serde_json::Value| {
            let mut token = json!({"id": id, "user_id": 7, "key": format!("{key}{id}"), "status": 1, "name": "default", "remain_quota": 500, "unlimited_quota": false, "expired_time": -1});
            token.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            token
        };
        let rows = json!([
            token(
                1,
                json!({"model_limits_enabled": true, "model_limits": "gpt-4o,gpt-4o-mini", "allow_ips": "10.0.0.0/8\n::1", "group": "vip"})
            ),
            token(2, json!({"unlimited_quota": 1, "expired_time": 2_000_000_000})),
            token(3, json!({"status": 2})),
            token(4, json!({"key": "abc***xyz"})),
            token(5, json!({"DeletedAt": "2026-01-01"})),
            token(6, json!({"expired_time": 1000})),
        ]);
        let mut tables = NewApiTables::default();
        tables.add_json(&rows.to_string()).unwrap();
        let found = new_api(&tables, Timestamp(1_795_219_200_000), false);
        let expected = [
            json!({"row": 1, "key": format!("sk-{key}1"), "settings": {"name": "default #1", "models": ["gpt-4o", "gpt-4o-mini"], "networks": ["10.0.0.0/8", "::1"], "tags": {"new-api.token": "1", "new-api.user": "7", "new-api.group": "vip"}}}),
            json!({"row": 2, "key": format!("sk-{key}2"), "settings": {"name": "default #2", "expires_at": "2033-05-18T03:33:20.000Z", "tags": {"new-api.token": "2", "new-api.user": "7"}}}),
        ];
        assert_eq!(found.keys, expected);
        assert!(found.problems.is_empty());
        let notes = found.notes.join("\n");
        for note in [
            "1 tokens are deleted",
            "2 tokens are disabled",
            "1 tokens are left out",
            "1 tokens have a quota there, 500 in all",
        ] {
            assert!(notes.contains(note), "{notes}");
        }
    }
}
