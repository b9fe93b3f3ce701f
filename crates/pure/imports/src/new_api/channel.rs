//! One channel: a row of the table, read.

use providers::foreign::{ForeignVendor, NewApiLayout, channel_type};
use serde_json::Value;

use super::row::{flag, integer, is_idle, object, text, words};
use super::tables::Row;
use crate::report::{About, Report};

/// A channel that is switched on.
const SWITCHED_ON: i64 = 1;
/// Columns that are read, or that say nothing about requests.
const HANDLED: &[&str] = &[
    "id",
    "type",
    "key",
    "status",
    "name",
    "weight",
    "created_time",
    "test_time",
    "response_time",
    "base_url",
    "balance",
    "balance_updated_time",
    "models",
    "group",
    "used_quota",
    "model_mapping",
    "priority",
    "channel_info",
    "other_info",
    "test_model",
    "auto_ban",
    "need_reconcile",
    "remark",
    "tag",
    "other",
    "setting",
    "config",
    "settings",
];
/// How much of a channel's name a report shows.
const NAME_CHARS_SHOWN: usize = 60;
/// The longest chain of names in a mapping.
const MAPPINGS_MAX: usize = 10;

/// A channel.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) vendor: Option<&'static ForeignVendor>,
    pub(super) number: i64,
    pub(super) is_on: bool,
    pub(super) base_url: String,
    pub(super) proxy: String,
    /// The model as callers ask for it, and as it is sent.
    pub(super) models: Vec<(String, String)>,
    pub(super) groups: Vec<String>,
    pub(super) priority: i64,
    pub(super) weight: i64,
    pub(super) about: About,
}

/// Reads a row; what its columns say that goes nowhere is told.
pub(super) fn read(row: &Row, layout: NewApiLayout, report: &mut Report) -> Channel {
    let id = integer(row, "id").unwrap_or_default();
    let name = text(row, "name").to_owned();
    let about = About::named(match name.as_str() {
        "" => format!("channel {id}"),
        name => format!("channel {id} ({})", name.chars().take(NAME_CHARS_SHOWN).collect::<String>()),
    });
    let number = integer(row, "type").unwrap_or_default();
    let channel = Channel {
        id,
        vendor: channel_type(layout, number),
        number,
        // A row without the column is of an export that only lists what is on.
        is_on: integer(row, "status").is_none_or(|status| status == SWITCHED_ON),
        base_url: text(row, "base_url").to_owned(),
        proxy: object(row, "setting").map(|setting| text(&setting, "proxy").to_owned()).unwrap_or_default(),
        models: models(row, &about, report),
        groups: words(text(row, "group"), &[',']).into_iter().map(str::to_owned).collect(),
        priority: integer(row, "priority").unwrap_or_default(),
        weight: integer(row, "weight").unwrap_or_default(),
        name,
        about,
    };
    if channel.is_on {
        other_columns(row, &channel.about, report);
    }
    channel
}

/// The keys, each once, without those that are switched off, which are told. Each is one line.
pub(super) fn keys<'r>(row: &'r Row, about: &About, report: &mut Report) -> Vec<&'r str> {
    let all: Vec<&str> = text(row, "key").split('\n').map(str::trim).collect();
    let info = object(row, "channel_info").unwrap_or_default();
    let states = if flag(&info, "is_multi_key") { object(&info, "multi_key_status_list") } else { None };
    let states = states.unwrap_or_default();
    let mut keys: Vec<&str> = Vec::new();
    let (mut off, mut odd) = (0, 0);
    for (at, key) in all.into_iter().enumerate().filter(|(_, key)| !key.is_empty()) {
        if integer(&states, &at.to_string()).is_some_and(|state| state != SWITCHED_ON) {
            off += 1;
        } else if !crate::ids::is_credential(key) || key.starts_with(['[', '{']) {
            odd += 1;
        } else if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if off > 0 {
        report.lost(about, format!("keys that are switched off: {off}"), None);
    }
    if odd > 0 {
        report.lost(
            about,
            format!("keys that are no single words: {odd}"),
            Some("they cannot be sent as a bearer token"),
        );
    }
    keys
}

fn models(row: &Row, about: &About, report: &mut Report) -> Vec<(String, String)> {
    let mapping = object(row, "model_mapping").unwrap_or_else(|| {
        report.lost(about, "model_mapping is no JSON object; names are sent as they are", None);
        Row::new()
    });
    let mut models = Vec::new();
    for asked in words(text(row, "models"), &[',', '\n']) {
        let sent = mapped(asked, &mapping);
        if crate::ids::is_model_name(asked) && crate::ids::is_model_name(sent) {
            models.push((asked.to_owned(), sent.to_owned()));
        } else {
            report.lost(about, "the name of a model is longer than 256 bytes or holds spaces", None);
        }
    }
    models
}

/// A mapped name may be mapped again.
fn mapped<'m>(asked: &'m str, mapping: &'m Row) -> &'m str {
    let mut sent = asked;
    for _ in 0..MAPPINGS_MAX {
        match mapping.get(sent).and_then(Value::as_str).map(str::trim) {
            Some(next) if !next.is_empty() && next != sent => sent = next,
            _ => break,
        }
    }
    sent
}

/// Tells of settings by the names of their columns; values are not shown, for some are secrets.
fn other_columns(row: &Row, about: &About, report: &mut Report) {
    let mut lost = |column: &str| {
        let about = About::named(format!("{} {column}", about.what));
        report.lost(&about, "requests and answers are passed on as they are", None);
    };
    for (column, _) in
        row.iter().filter(|(column, value)| !HANDLED.contains(&column.as_str()) && !is_idle(value))
    {
        lost(column);
    }
    for column in ["setting", "settings", "config"] {
        let inner = object(row, column).unwrap_or_default();
        for (key, _) in
            inner.iter().filter(|(key, value)| *key != "proxy" && !is_note(key) && !is_idle(value))
        {
            lost(&format!("{column}.{key}"));
        }
    }
}

/// What new-api keeps about its own looking for new models.
fn is_note(key: &str) -> bool {
    key.starts_with("upstream_model_update")
}
