//! The catalogue as text for people.

use std::fmt::Write as _;

use providers::models::{Change, Price, Row};
use serde_json::{Value, json};

use crate::table::table;

const HEADINGS: [&str; 8] =
    ["KIND", "MODEL", "CONTEXT", "OUTPUT", "IN/M", "OUT/M", "RETIRES", "ALSO KNOWN AS"];

/// A table of rows.
pub(super) fn list(rows: &[(&str, &Row)]) -> String {
    let cells: Vec<[String; 8]> = rows.iter().map(|(kind, row)| cells(kind, row)).collect();
    table(HEADINGS, &cells)
}

fn cells(kind: &str, row: &Row) -> [String; 8] {
    let count = |tokens: Option<u64>| tokens.map_or_else(String::new, |tokens| tokens.to_string());
    let price = row.prices.iter().find(|price| price.until.is_none() && price.from_tokens.is_none());
    let amount = |of: fn(&Price) -> Option<String>| price.and_then(of).unwrap_or_default();
    let end = row.retired.or(row.retires);
    [
        kind.to_owned(),
        row.name.clone(),
        count(row.facts.context_tokens),
        count(row.facts.output_tokens_max),
        amount(|price| Some(format!("{} {}", price.input?, price.currency))),
        amount(|price| Some(format!("{} {}", price.output?, price.currency))),
        end.map_or_else(String::new, |day| day.to_string()),
        row.aliases.join(" "),
    ]
}

/// Rows with all that is known.
pub(super) fn rows(rows: &[(&str, &Row)]) -> String {
    rows.iter().map(|(kind, row)| of_row(kind, row)).collect::<Vec<_>>().join("\n\n")
}

fn of_row(kind: &str, row: &Row) -> String {
    let mut said = format!("{kind}/{}", row.name);
    let mut line = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = write!(said, "\n  {name:<24}{text}");
        }
    };
    line("also", &row.aliases.join(" "));
    line("for", row.surface.as_deref().unwrap_or("conversations"));
    line("retired", &row.retired.map(|day| day.to_string()).unwrap_or_default());
    line("retires", &row.retires.map(|day| day.to_string()).unwrap_or_default());
    line("successor", row.successor.as_deref().unwrap_or_default());
    line("source", &row.source);
    let members = |value: Value| match value {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    for (name, value) in members(serde_json::to_value(&row.facts).unwrap_or_default()) {
        line(&name.replace('_', " "), &plain(&value));
    }
    for (name, value) in members(serde_json::to_value(&row.quirks).unwrap_or_default()) {
        line(&format!("quirk {name}"), &plain(&value));
    }
    for price in &row.prices {
        line("draft price", &of_price(price));
    }
    said
}

fn of_price(price: &Price) -> String {
    let parts = [
        ("input", price.input),
        ("cache read", price.cache_read),
        ("cache write", price.cache_write),
        ("cache write 1h", price.cache_write_1h),
        ("audio input", price.audio_input),
        ("output", price.output),
        ("reasoning", price.reasoning),
        ("audio output", price.audio_output),
    ];
    let amounts = parts.into_iter().filter_map(|(name, amount)| Some(format!("{name} {}", amount?)));
    let amounts = amounts.collect::<Vec<_>>().join(", ");
    let until = price.until.map(|day| format!(" until {day}")).unwrap_or_default();
    let tokens =
        price.from_tokens.map(|tokens| format!(" for prompts from {tokens} tokens")).unwrap_or_default();
    format!("{} for a million tokens: {amounts}; from {}{until}{tokens}", price.currency, price.from)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// What differs, row by row.
pub(super) fn changes(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "no difference".to_owned();
    }
    let mut lines = Vec::new();
    for change in changes {
        lines.push(format!("{}/{}", change.kind, change.name));
        for (path, before, after) in &change.fields {
            let name = if path.is_empty() { String::new() } else { format!("{path}: ") };
            lines.extend(before.as_ref().map(|before| format!("  - {name}{before}")));
            lines.extend(after.as_ref().map(|after| format!("  + {name}{after}")));
        }
    }
    lines.join("\n")
}

/// The same for machines.
pub(super) fn changes_json(changes: &[Change]) -> Value {
    let of_change = |change: &Change| {
        let field = |(path, before, after): &(String, Option<String>, Option<String>)| json!({ "path": path, "before": before, "after": after });
        let fields: Vec<Value> = change.fields.iter().map(field).collect();
        json!({ "kind": change.kind, "name": change.name, "fields": fields })
    };
    changes.iter().map(of_change).collect()
}
