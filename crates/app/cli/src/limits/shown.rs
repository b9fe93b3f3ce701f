//! Limits as text for people.

use serde_json::Value;

use crate::cells::{named_lines, rows, text};
use crate::table::table;

pub(super) fn limits(listed: &Value) -> String {
    let rows = rows(listed, "limits", row);
    if rows.is_empty() {
        return "there are no limits of single keys, projects or organisations; bellwether limits set --key ID --rpm 60 \
                sets some, and bellwether limits plans lists the plans"
            .to_owned();
    }
    table(["NUMBER", "FOR", "ID", "LIMITS", "NOW", "SET BY"], &rows)
}

fn row(it: &Value) -> [String; 6] {
    [
        text(&it["number"]),
        text(&it["scope"]),
        text(&it["id"]),
        said(&it["limits"]),
        now(&it["now"]),
        text(&it["set_by"]),
    ]
}

pub(super) fn plans(listed: &Value) -> String {
    let row = |it: &Value| [text(&it["name"]), said(&it["limits"])];
    table(["PLAN", "LIMITS"], &rows(listed, "plans", row))
}

pub(super) fn limit(it: &Value) -> String {
    named_lines(&[
        ("number", text(&it["number"])),
        ("for", format!("{} {}", text(&it["scope"]), text(&it["id"]))),
        ("limits", said(&it["limits"])),
        ("set by", text(&it["set_by"])),
    ])
}

pub(super) fn removed(it: &Value) -> String {
    let (number, scope, id) = (text(&it["number"]), text(&it["scope"]), text(&it["id"]));
    format!("limits {number} of {scope} {id} are removed: {}", said(&it["limits"]))
}

/// As in `requests_per_minute 60, on_limit refuse`.
fn said(limits: &Value) -> String {
    let parts =
        limits.as_object().into_iter().flatten().map(|(name, value)| format!("{name} {}", text(value)));
    parts.collect::<Vec<_>>().join(", ")
}

/// What is left of each measure; of those that run, how many do.
fn now(rooms: &Value) -> String {
    let part = |(name, room): (&String, &Value)| match room["active"].as_u64() {
        Some(active) => format!("{name} {active} running (peak {})", text(&room["peak"])),
        None => format!("{name} {} left", text(&room["remaining"])),
    };
    let parts: Vec<String> = rooms.as_object().into_iter().flatten().map(part).collect();
    if parts.is_empty() { "–".to_owned() } else { parts.join(", ") }
}
