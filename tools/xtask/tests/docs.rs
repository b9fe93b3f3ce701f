//! The documents say what the code says: made pages are current, and the table of limits leaves no limit out.

use std::fs;
use std::path::Path;

use serde_json::Value;
use xtask::{ROOT, docs};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn made_pages_are_current() {
    let stale: Vec<_> = docs::stale(Path::new(ROOT)).unwrap().into_iter().map(|(path, _)| path).collect();
    assert!(stale.is_empty(), "stale: {}; run: cargo xtask docs", stale.join(", "));
}

#[test]
fn the_table_of_limits_has_every_limit_with_its_default() {
    let operations = read("docs/operations/limits.md");
    let schema: Value = serde_json::from_str(&read("config.schema.json")).unwrap();
    let sections = [
        ("limits", "LimitsSection"),
        ("timeouts", "TimeoutsSection"),
        ("retries", "RetriesSection"),
        ("health", "HealthSection"),
        ("health.probes", "ProbesSection"),
        ("health.probes.paid", "PaidEntry"),
        ("idempotency", "IdempotencySection"),
    ];
    for (section, definition) in sections {
        for (key, property) in schema["$defs"][definition]["properties"].as_object().unwrap() {
            // A section within a section has rows of its own.
            if ["Section\"", "Entry\""].iter().any(|end| property.to_string().contains(end)) {
                continue;
            }
            let name = format!("`{section}.{key}`");
            let row = operations.lines().find(|line| {
                let first = line.strip_prefix('|').and_then(|cells| cells.split('|').next());
                first.is_some_and(|cell| cell.contains(&name))
            });
            let row = row.unwrap_or_else(|| panic!("docs/operations/limits.md has no row for {name}"));
            if let Some(default) = property["default"].as_u64() {
                let cells: Vec<&str> = row.split('|').map(str::trim).collect();
                assert!(
                    cells.contains(&default.to_string().as_str()),
                    "{name} is {default} by default: {row}"
                );
            }
        }
    }
}
