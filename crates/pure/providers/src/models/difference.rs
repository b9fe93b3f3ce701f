//! What changes from one catalogue to another, row by row.

use serde_json::Value;

use super::catalogue::{Catalogue, Known};
use super::row::Row;

/// A row that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose it is.
    pub kind: String,
    /// The vendor's own name for it.
    pub name: String,
    /// What is different: a path within the row, what it was and what it is. A row that is new or gone has one entry
    /// without a path.
    pub fields: Vec<(String, Option<String>, Option<String>)>,
}

/// Every row that differs.
pub fn difference(before: &Catalogue, after: &Catalogue) -> Vec<Change> {
    let mut kinds: Vec<&str> = before.kinds().chain(after.kinds()).map(|(kind, _)| kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let of_kind = |kind: &&str| of_kind(kind, &before.of_kind(kind), &after.of_kind(kind));
    kinds.iter().flat_map(of_kind).collect()
}

fn of_kind(kind: &str, before: &Known, after: &Known) -> Vec<Change> {
    let row = |known: &Known, name: &str| known.rows().find(|row| row.name == name).cloned();
    let change = |name: &str, fields| Change { kind: kind.to_owned(), name: name.to_owned(), fields };
    let mut changes: Vec<Change> = Vec::new();
    for old in before.rows() {
        match row(after, &old.name) {
            None => changes.push(change(&old.name, vec![(String::new(), Some("a row".to_owned()), None)])),
            Some(new) if new != *old => changes.push(change(&old.name, fields(old, &new))),
            Some(_) => {}
        }
    }
    for new in after.rows().filter(|new| row(before, &new.name).is_none()) {
        changes.push(change(&new.name, vec![(String::new(), None, Some("a row".to_owned()))]));
    }
    changes
}

fn fields(old: &Row, new: &Row) -> Vec<(String, Option<String>, Option<String>)> {
    let json = |row: &Row| serde_json::to_value(row).unwrap_or(Value::Null);
    let (mut old_leaves, mut new_leaves) = (Vec::new(), Vec::new());
    leaves(&json(old), String::new(), &mut old_leaves);
    leaves(&json(new), String::new(), &mut new_leaves);
    let find = |leaves: &[(String, String)], path: &str| {
        leaves.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone())
    };
    let mut paths: Vec<&String> = old_leaves.iter().chain(&new_leaves).map(|(path, _)| path).collect();
    paths.sort_unstable();
    paths.dedup();
    let both = paths.into_iter().map(|path| (path, find(&old_leaves, path), find(&new_leaves, path)));
    both.filter(|(_, old, new)| old != new).map(|(path, old, new)| (path.clone(), old, new)).collect()
}

fn leaves(value: &Value, path: String, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            let dot = if path.is_empty() { "" } else { "." };
            members.iter().for_each(|(name, value)| leaves(value, format!("{path}{dot}{name}"), out));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| leaves(item, format!("{path}[{place}]"), out));
        }
        Value::String(text) => out.push((path, text.clone())),
        other => out.push((path, other.to_string())),
    }
}
