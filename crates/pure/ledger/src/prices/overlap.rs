//! Rows that hold at the same time for the same call, and rows that leave calls without a price.

use std::collections::HashMap;

use domain::Timestamp;

use super::row::Row;

/// Each row that is at fault, by its number, and why.
pub(super) fn flaws(rows: &[Row], places: &HashMap<Box<str>, Box<[u32]>>) -> Vec<(usize, String)> {
    let mut flaws = Vec::new();
    let mut names: Vec<(&str, &[u32])> = places.iter().map(|(name, places)| (&**name, &**places)).collect();
    names.sort_unstable();
    for (name, places) in names {
        let rows: Vec<&Row> = places.iter().map(|place| &rows[*place as usize]).collect();
        of_name(name, &rows, &mut flaws);
    }
    flaws.sort();
    flaws
}

fn of_name(name: &str, rows: &[&Row], flaws: &mut Vec<(usize, String)>) {
    for (place, row) in rows.iter().enumerate() {
        for before in rows[..place].iter().filter(|before| is_same_slot(before, row)) {
            if let Some(what) = clash(before, row) {
                flaws.push((row.number, format!("'{name}' {what} of price[{}]", before.number)));
            }
        }
        if (row.from_tokens > 0 || row.hours.is_some()) && leaves_calls_out(row, rows) {
            let rest = "for all hours and prompts of any length as long as this one holds";
            flaws.push((row.number, format!("'{name}' has no row {rest}: other calls would have no price")));
        }
    }
}

/// Of two rows that are never told apart by who sells, the service tier, the length of the prompt or the hours.
fn is_same_slot(one: &Row, other: &Row) -> bool {
    let hours_meet = match (&one.hours, &other.hours) {
        (None, None) => true,
        (Some(one), Some(other)) => one.meet(other),
        _ => false,
    };
    one.seller == other.seller
        && one.service == other.service
        && one.from_tokens == other.from_tokens
        && hours_meet
}

fn is_base(other: &Row, row: &Row) -> bool {
    other.seller == row.seller
        && other.service == row.service
        && other.from_tokens == 0
        && other.hours.is_none()
}

/// Whether there is a moment at which a row holds and none for the other calls does.
fn leaves_calls_out(row: &Row, rows: &[&Row]) -> bool {
    let mut at = row.from;
    while row.until.is_none_or(|until| at < until) {
        let holding = rows.iter().filter(|other| is_base(other, row) && other.holds_at(at));
        // One without an end holds where no later one does.
        match holding.map(|base| base.until).max_by_key(|until| (until.is_none(), *until)) {
            None => return true,
            Some(None) => return false,
            Some(Some(until)) => at = until,
        }
    }
    false
}

/// A later row takes over from an earlier one that says no end; an end that is said must not lie behind it.
fn clash(one: &Row, other: &Row) -> Option<&'static str> {
    let (early, late) = if one.from <= other.from { (one, other) } else { (other, one) };
    if early.from == late.from {
        return Some("begins on the same day and for the same calls as that");
    }
    let ends_late = early.until.is_some_and(|until: Timestamp| until > late.from);
    ends_late.then_some("overlaps the time")
}
