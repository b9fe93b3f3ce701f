//! Users, keys, balances and prices as one file of records, for the accounts that are to come. The form is described in
//! `docs/reference/carried-accounts.md`, and a change to it is a new version.
//!
//! A key is carried as the digest it will be looked up by, never as itself. Amounts are whole numbers of quota.

use domain::{Secret, Timestamp, is_key_text};
use providers::foreign::NewApiLayout;
use serde_json::{Map, Value, json};

use super::options::Options;
use super::row::{flag, integer, is_deleted, text, words};
use super::tables::{NewApiTables, Row};
use crate::report::{About, Report};

/// What the first record calls the form.
pub const ACCOUNTS_FORMAT: &str = "bellwether.accounts";
/// The version of the form.
pub const ACCOUNTS_VERSION: u32 = 1;

/// Callers send this before what is stored.
const KEY_LEAD: &str = "sk-";

/// What turns keys into digests; it hangs on the master key.
pub struct Seal<'s> {
    /// The digest that a key is looked up by.
    pub digest: &'s dyn Fn(&str) -> [u8; 32],
    /// A mark by which the same master key is known again.
    pub mark: [u8; 32],
}

impl std::fmt::Debug for Seal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

/// What is carried of users and keys.
#[derive(Clone, Debug)]
pub struct Accounts {
    source: &'static str,
    options: Options,
    users: Vec<Value>,
    keys: Vec<(Secret, Map<String, Value>)>,
}

impl Accounts {
    /// Whether there is nobody and nothing to be carried.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.keys.is_empty() && self.options.prices.is_empty()
    }

    /// The records, one a line.
    pub fn lines(&self, seal: &Seal<'_>, now: Timestamp) -> String {
        let head = json!({
            "record": "head",
            "format": ACCOUNTS_FORMAT,
            "version": ACCOUNTS_VERSION,
            "made_at": now.rfc3339(),
            "source": self.source,
            "quota_per_usd": self.options.quota_per_unit,
            "key_digest": "hmac-sha256",
            "key_mark": hex(&seal.mark),
        });
        let prices = self
            .options
            .prices
            .iter()
            .map(|(name, value)| json!({ "record": "price", "name": name, "value": value }));
        let keys = self.keys.iter().map(|(key, fields)| {
            let mut fields = fields.clone();
            fields.insert("digest".to_owned(), hex(&(seal.digest)(key.expose())).into());
            Value::Object(fields)
        });
        let records = std::iter::once(head).chain(prices).chain(self.users.iter().cloned()).chain(keys);
        records.map(|record| format!("{record}\n")).collect()
    }
}

/// Reads users and keys; what is lost of them is told by number, for a name may be a person's.
pub(super) fn read(
    tables: &NewApiTables,
    options: Options,
    layout: NewApiLayout,
    report: &mut Report,
) -> Accounts {
    let source = match layout {
        NewApiLayout::NewApi => "new-api",
        NewApiLayout::OneApi => "one-api",
    };
    let users = users(&tables.users, report);
    let keys = keys(&tables.tokens, report);
    Accounts { source, options, users, keys }
}

fn users(rows: &[Row], report: &mut Report) -> Vec<Value> {
    const DELETED: i64 = 3;
    let kept: Vec<&Row> =
        rows.iter().filter(|row| !is_deleted(row) && integer(row, "status") != Some(DELETED)).collect();
    if kept.len() < rows.len() {
        let about = About::named(format!("users ({} deleted)", rows.len() - kept.len()));
        report.lost(&about, "they are deleted there", None);
    }
    if !kept.is_empty() {
        let about = About::named(format!("users ({})", kept.len()));
        report.carried(
            &about,
            "names, groups, roles and balances are in the file of accounts; `bellwether keys import --balances` carries balances",
        );
        report.lost(
            &about,
            "passwords, other sign-ins and access tokens are not carried",
            Some("they will set new ones"),
        );
    }
    kept.into_iter().map(user).collect()
}

fn user(row: &Row) -> Value {
    json!({
        "record": "user",
        "id": integer(row, "id"),
        "name": text(row, "username"),
        "display_name": text(row, "display_name"),
        "email": text(row, "email"),
        "role": match integer(row, "role").unwrap_or_default() {
            100.. => "owner",
            10..=99 => "administrator",
            _ => "user",
        },
        "state": if integer(row, "status").is_none_or(|status| status == 1) { "active" } else { "disabled" },
        "group": text(row, "group"),
        "quota": integer(row, "quota").unwrap_or_default(),
        "quota_used": integer(row, "used_quota").unwrap_or_default(),
        "quota_of_invitations": integer(row, "aff_quota").unwrap_or_default(),
    })
}

fn keys(rows: &[Row], report: &mut Report) -> Vec<(Secret, Map<String, Value>)> {
    let mut keys = Vec::new();
    let (mut deleted, mut absent) = (0, 0);
    for row in rows {
        if is_deleted(row) {
            deleted += 1;
            continue;
        }
        let stored = text(row, "key");
        let sent = format!("{KEY_LEAD}{}", stored.strip_prefix(KEY_LEAD).unwrap_or(stored));
        // Consoles show keys with stars in the middle.
        if stored.is_empty() || stored.contains('*') || !is_key_text(&sent) {
            absent += 1;
            continue;
        }
        let fields = key(row, &sent);
        keys.push((Secret::new(sent), fields));
    }
    if deleted > 0 {
        report.lost(&About::named(format!("tokens ({deleted} deleted)")), "they are deleted there", None);
    }
    if absent > 0 {
        let about = About::named(format!("tokens ({absent} without a key)"));
        report.lost(
            &about,
            "the key is missing, masked or shorter than 16 characters",
            Some("import from the database"),
        );
    }
    if !keys.is_empty() {
        let about = About::named(format!("tokens ({})", keys.len()));
        report.carried(
            &about,
            "each is in the file of accounts as a digest; `bellwether keys import` takes them over",
        );
        let said = "a key is known as callers send it, with sk- before it; without that it is no longer";
        report.changed(&about, said, None);
    }
    keys
}

fn key(row: &Row, sent: &str) -> Map<String, Value> {
    let expires = integer(row, "expired_time").filter(|seconds| *seconds > 0);
    // new-api and one-api have other columns for the same.
    let limited = flag(row, "model_limits_enabled");
    let models = if limited { text(row, "model_limits") } else { text(row, "models") };
    let models = words(models, &[',']);
    let networks = words(
        if text(row, "allow_ips").is_empty() { text(row, "subnet") } else { text(row, "allow_ips") },
        &['\n', ','],
    );
    let fields = json!({
        "record": "key",
        "id": integer(row, "id"),
        "user": integer(row, "user_id"),
        "name": text(row, "name"),
        "hint": hint(sent),
        "state": match integer(row, "status").unwrap_or(1) {
            1 => "active",
            3 => "expired",
            4 => "exhausted",
            _ => "disabled",
        },
        "group": text(row, "group"),
        "created_at": integer(row, "created_time").map(rfc3339),
        "expires_at": expires.map(rfc3339),
        "quota": integer(row, "remain_quota").unwrap_or_default(),
        "quota_used": integer(row, "used_quota").unwrap_or_default(),
        "is_unlimited": flag(row, "unlimited_quota"),
        "models": (!models.is_empty()).then_some(models),
        "networks": (!networks.is_empty()).then_some(networks),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => unreachable!("it is written as an object"),
    }
}

/// Enough to tell keys apart by eye.
fn hint(key: &str) -> String {
    let tail = key.len() - (key.len() / 8).min(4);
    format!("{KEY_LEAD}…{}", &key[tail..])
}

fn rfc3339(seconds: i64) -> String {
    Timestamp(seconds.saturating_mul(1000)).rfc3339()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
