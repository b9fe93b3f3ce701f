//! Checks that every call has its result right after it, and every result its call right before it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::messages::block::Turn;
use crate::messages::refuse::{Checked, demand};

/// Checks all turns.
pub(super) fn check_pairs(turns: &[Turn]) -> Checked {
    let mut all = BTreeSet::new();
    for (number, turn) in turns.iter().enumerate() {
        let before = number.checked_sub(1).map(|before| &turns[before]);
        if turn.is_user() {
            check_results(turn, before)?;
            continue;
        }
        for id in ids(turn, "tool_use", "id") {
            demand(all.insert(id), || {
                format!("messages: `tool_use` ids must be unique, {id} is there twice")
            })?;
        }
        let after = turns.get(number + 1);
        let answered: Vec<&str> =
            after.map_or_else(Vec::new, |after| ids(after, "tool_result", "tool_use_id"));
        let missing = ids(turn, "tool_use", "id").into_iter().find(|id| !answered.contains(id));
        let place = turn.places.first().map_or(0, |(index, _)| *index);
        demand(missing.is_none(), || {
            format!(
                "messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: {}",
                missing.unwrap_or_default()
            )
        })?;
    }
    Ok(())
}

fn check_results(turn: &Turn, before: Option<&Turn>) -> Checked {
    let called: Vec<&str> = before.map_or_else(Vec::new, |before| ids(before, "tool_use", "id"));
    let results = ids(turn, "tool_result", "tool_use_id");
    let place = turn.places.first().map_or(0, |(index, _)| *index);
    let orphan = results.iter().find(|id| !called.contains(id));
    demand(orphan.is_none(), || {
        format!(
            "messages.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {}. Each `tool_result` block \
             must have a corresponding `tool_use` block in the previous message.",
            orphan.unwrap_or(&"")
        )
    })?;
    let once: BTreeSet<&&str> = results.iter().collect();
    demand(once.len() == results.len(), || {
        format!("messages.{place}: each tool_use must have a single result")
    })?;
    let first_other = turn.blocks.iter().position(|block| block["type"] != "tool_result");
    let last_result = turn.blocks.iter().rposition(|block| block["type"] == "tool_result");
    let are_first = match (first_other, last_result) {
        (Some(other), Some(result)) => result < other,
        _ => true,
    };
    demand(are_first, || format!("messages.{place}: `tool_result` blocks must come before other content"))
}

fn ids<'a>(turn: &'a Turn, kind: &'a str, field: &'a str) -> Vec<&'a str> {
    turn.of(kind).filter_map(|block: &Value| block[field].as_str()).collect()
}
