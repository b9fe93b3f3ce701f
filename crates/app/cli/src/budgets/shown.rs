//! Budgets as text for people.

use serde_json::Value;

use crate::cells::{named_lines, rows, text};
use crate::table::table;

pub(super) fn budgets(listed: &Value) -> String {
    let rows = rows(listed, "budgets", row);
    if rows.is_empty() {
        return "there are no budgets; bellwether budgets set AMOUNT --per day --key ID sets one".to_owned();
    }
    table(["NUMBER", "FOR", "ID", "PER", "LIMIT", "SPENT", "HELD", "LEFT", "BEGINS ANEW"], &rows)
}

fn row(it: &Value) -> [String; 9] {
    let [number, scope, id, period, limit, used, held, available] =
        ["number", "scope", "id", "period", "limit", "used", "held", "available"]
            .map(|field| text(&it[field]));
    [number, scope, id, period, limit, used, held, available, anew(it)]
}

pub(super) fn budget(it: &Value) -> String {
    let end =
        if it["is_hard"] == true { "calls that may go beyond it are refused" } else { "only a warning" };
    named_lines(&[
        ("number", text(&it["number"])),
        ("for", format!("{} {}", text(&it["scope"]), text(&it["id"]))),
        ("limit", format!("{} {} {}", text(&it["limit"]), text(&it["currency"]), each(it))),
        ("at its end", end.to_owned()),
        ("warns at", format!("{} percent", text(&it["warn_percent"]))),
        ("spent", text(&it["used"])),
        ("held", text(&it["held"])),
        ("left", text(&it["available"])),
        ("begins anew", format!("{} ({})", anew(it), text(&it["zone"]))),
        ("set by", text(&it["set_by"])),
    ])
}

pub(super) fn removed(it: &Value) -> String {
    format!(
        "budget {} of {} {} is removed; {} were spent of it",
        text(&it["number"]),
        text(&it["scope"]),
        text(&it["id"]),
        text(&it["used"])
    )
}

fn each(it: &Value) -> String {
    if it["period"] == "total" { "in all".to_owned() } else { format!("each {}", text(&it["period"])) }
}

fn anew(it: &Value) -> String {
    it["ends_at"].as_str().unwrap_or("never").to_owned()
}
