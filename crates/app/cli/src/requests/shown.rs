//! Rows of calls as text for people.

use serde_json::Value;

use crate::cells::plain;
use crate::table::table;

const HEADINGS: [&str; 9] =
    ["AT", "STATUS", "MODEL", "PROVIDER", "TOOK MS", "TOKENS", "COST", "KEY", "CALL ID"];

/// A table of rows.
pub(super) fn listed(rows: &[Value]) -> String {
    if rows.is_empty() {
        return "no rows of calls are like that".to_owned();
    }
    let rows: Vec<[String; 9]> = rows.iter().map(row).collect();
    table(HEADINGS, &rows)
}

/// All of one row.
pub(super) fn one(row: &Value) -> String {
    let mut lines = Vec::new();
    for (name, value) in row.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Object(parts) => {
                let told = parts
                    .iter()
                    .filter(|(_, value)| value.as_u64() != Some(0) && **value != Value::Bool(false));
                let told: Vec<String> =
                    told.map(|(name, value)| format!("{name} {}", plain(value))).collect();
                lines.push(format!("{name:<18}{}", told.join(", ")));
            }
            value => lines.push(format!("{name:<18}{}", plain(value))),
        }
    }
    lines.join("\n")
}

fn row(row: &Value) -> [String; 9] {
    let text = |name: &str| plain(&row[name]);
    let tokens = row["tokens"].as_object().map_or_else(
        || "-".to_owned(),
        |parts| {
            let sum =
                |names: &[&str]| names.iter().filter_map(|name| parts.get(*name)?.as_u64()).sum::<u64>();
            let asked =
                ["input", "cached_input", "cache_write", "cache_write_long", "audio_input", "image_input"];
            format!("{}+{}", sum(&asked), sum(&["output", "reasoning", "audio_output", "image_output"]))
        },
    );
    let cost = &row["cost"];
    let cost = if cost.is_null() {
        "-".to_owned()
    } else {
        format!("{} {}", plain(&cost["price"]), plain(&cost["currency"]))
    };
    [
        text("at"),
        text("status"),
        text("model"),
        text("provider"),
        row["took_ms"].as_f64().map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}")),
        tokens,
        cost,
        text("key"),
        text("call_id"),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{listed, one};

    #[test]
    fn a_row_is_told_in_a_line_or_in_full() {
        let row = json!({"at": "2026-11-27T09:30:00.000Z", "status": 200, "model": "smart", "provider": "a", "took_ms": 812.345,
            "tokens": {"input": 5, "cached_input": 7, "output": 3, "reasoning": 0, "estimated": false},
            "cost": {"price": "0.0012", "currency": "USD"}, "key": "key_1", "call_id": "c", "kind": null});
        let expected = "AT                        STATUS  MODEL  PROVIDER  TOOK MS  TOKENS  COST        KEY    CALL ID\n\
                        2026-11-27T09:30:00.000Z  200     smart  a         812      12+3    0.0012 USD  key_1  c";
        assert_eq!(listed(std::slice::from_ref(&row)), expected);
        let full = one(&row);
        assert!(
            full.contains("tokens            cached_input 7, input 5, output 3")
                || full.contains("input 5, cached_input 7, output 3"),
            "{full}"
        );
        assert!(!full.contains("kind"), "{full}");
    }
}
