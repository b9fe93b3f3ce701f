//! Alerts as text for people.

use serde_json::Value;

use crate::table::table;

/// What is bad, and with `all` also what was; then what is silent, and what is left at providers.
pub(super) fn alerts(told: &Value, all: bool) -> String {
    let listed = rows(told, "alerts", |alert| {
        let state = match (&alert["state"], &alert["is_silenced"]) {
            (state, Value::Bool(true)) if state != "resolved" => {
                format!("{}, silenced", text(alert, "state"))
            }
            _ => text(alert, "state"),
        };
        let is_shown = all || alert["state"] != "resolved";
        is_shown.then(|| {
            [
                text(alert, "rule"),
                text(alert, "subject"),
                text(alert, "severity"),
                state,
                text(alert, "since"),
                text(alert, "summary"),
            ]
        })
    });
    let mut parts = vec![if listed.is_empty() {
        "nothing is bad".to_owned()
    } else {
        table(["RULE", "SUBJECT", "SEVERITY", "STATE", "SINCE", "SUMMARY"], &listed)
    }];
    let silences = rows(told, "silences", |silence| {
        Some([
            text(silence, "number"),
            or_all(silence, "rule"),
            or_all(silence, "subject"),
            text(silence, "until"),
            text(silence, "reason"),
        ])
    });
    if !silences.is_empty() {
        parts.push(table(["SILENCE", "RULE", "SUBJECT", "UNTIL", "REASON"], &silences));
    }
    let balances = rows(told, "upstream_balances", |balance| {
        let left = format!("{} {}", text(balance, "left"), text(balance, "currency"));
        Some([text(balance, "account"), left.trim().to_owned(), text(balance, "message")])
    });
    if !balances.is_empty() {
        parts.push(table(["ACCOUNT AT PROVIDER", "LEFT", "REMARK"], &balances));
    }
    parts.join("\n\n")
}

pub(super) fn silenced(it: &Value) -> String {
    format!(
        "silence {}: alerts of rule {}, subject {}, are not told until {}; bellwether alerts unsilence {} ends it",
        text(it, "number"),
        or_all(it, "rule"),
        or_all(it, "subject"),
        text(it, "until"),
        text(it, "number")
    )
}

pub(super) fn unsilenced(it: &Value) -> String {
    format!("silence {} is over: what is still bad is told", text(it, "number"))
}

pub(super) fn deliveries(told: &Value) -> String {
    let listed = rows(told, "deliveries", |one| {
        let fields = ["number", "channel", "state", "attempts", "made_at", "title", "error"];
        Some(fields.map(|field| text(one, field)))
    });
    if listed.is_empty() {
        return "nothing was told yet".to_owned();
    }
    table(["NUMBER", "CHANNEL", "STATE", "TRIES", "SINCE", "TITLE", "LAST ERROR"], &listed)
}

pub(super) fn tested(told: &Value) -> String {
    let listed = rows(told, "channels", |one| {
        let outcome = if one["is_delivered"] == true { "delivered" } else { "not delivered" };
        Some([text(one, "channel"), text(one, "kind"), outcome.to_owned(), text(one, "message")])
    });
    table(["CHANNEL", "KIND", "OUTCOME", "WHY"], &listed)
}

fn rows<const N: usize>(
    told: &Value,
    list: &str,
    row: impl Fn(&Value) -> Option<[String; N]>,
) -> Vec<[String; N]> {
    told[list].as_array().into_iter().flatten().filter_map(row).collect()
}

fn or_all(it: &Value, field: &str) -> String {
    if it[field].is_null() { "all".to_owned() } else { text(it, field) }
}

fn text(it: &Value, field: &str) -> String {
    match &it[field] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
