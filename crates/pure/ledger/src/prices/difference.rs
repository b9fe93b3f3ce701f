//! What changes from one book to another, and by how much.

use std::collections::{BTreeSet, HashMap};

use domain::Currency;

use super::book::Book;
use super::component::Component;
use super::factor::Factor;
use super::instant;
use super::row::{Row, Seller};
use super::unknown::Unknown;

/// A change of a price by more than so many thousandths needs a reason.
pub const LARGE_PERMILLE: u64 = 300;

/// One thing that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is about: a model at a seller, or a setting of the book.
    pub what: String,
    /// The field.
    pub field: String,
    /// What it was; `None` where it is new.
    pub before: Option<String>,
    /// What it is; `None` where it is gone.
    pub after: Option<String>,
    /// By how many thousandths it grew, or shrank if negative; `None` where that cannot be said.
    pub permille: Option<i64>,
    /// It needs a reason: it is large, or takes prices away.
    pub is_large: bool,
}

/// Everything that differs, settings first.
pub fn difference(before: &Book, after: &Book) -> Vec<Change> {
    let mut changes = Vec::new();
    of_settings(before, after, &mut changes);
    of_markups(before, after, &mut changes);
    of_rows(before, after, &mut changes);
    changes
}

/// Whether any of the changes needs one.
pub fn needs_reason(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.is_large)
}

fn of_settings(before: &Book, after: &Book, changes: &mut Vec<Change>) {
    let mut text = |field: &str, old: Option<String>, new: Option<String>, is_large: bool| {
        if old != new {
            let (what, field) = ("book".to_owned(), field.to_owned());
            changes.push(Change { what, field, before: old, after: new, permille: None, is_large });
        }
    };
    let currency = |book: &Book| Some(book.currency.code().to_owned());
    text("currency", currency(before), currency(after), true);
    text("unknown", Some(before.unknown.name().to_owned()), Some(after.unknown.name().to_owned()), false);
    let currencies: BTreeSet<Currency> = before.rates.keys().chain(after.rates.keys()).copied().collect();
    for currency in currencies {
        let rate = |book: &Book| book.rates.get(&currency).copied();
        let (old, new) = (rate(before), rate(after));
        if old == new {
            continue;
        }
        // Both sides are at most 10^12, so the products fit.
        let permille = old.zip(new).map(|(old, new)| {
            let cross = |one: u64, two: u64| u128::from(one) * u128::from(two);
            permille(cross(old.numerator(), new.denominator()), cross(new.numerator(), old.denominator()))
        });
        let written = |rate: Option<super::factor::ExchangeRate>| rate.map(|rate| rate.to_string());
        changes.push(change("book", &format!("rates.{currency}"), written(old), written(new), permille));
    }
    if let (Unknown::Default(old), Unknown::Default(new)) = (&before.unknown, &after.unknown) {
        of_amounts("default", old, new, changes);
    }
}

fn of_markups(before: &Book, after: &Book, changes: &mut Vec<Change>) {
    let (old, new) = (&before.markups, &after.markups);
    let mut markup = |field: String, old: Option<Factor>, new: Option<Factor>| {
        if old == new {
            return;
        }
        let grown = old.zip(new).map(|(old, new)| permille(old.millionths().into(), new.millionths().into()));
        let written = |factor: Option<Factor>| factor.map(|factor| factor.to_string());
        changes.push(change("markup", &field, written(old), written(new), grown));
    };
    markup("everybody".to_owned(), Some(old.everybody), Some(new.everybody));
    for (group, old, new) in [
        ("organisations", &old.organisations, &new.organisations),
        ("projects", &old.projects, &new.projects),
        ("keys", &old.keys, &new.keys),
    ] {
        let ids: BTreeSet<&str> = old.keys().chain(new.keys()).map(|id| &**id).collect();
        for id in ids {
            markup(format!("{group}.{id}"), old.get(id).copied(), new.get(id).copied());
        }
    }
}

/// What rows are compared by: all that tells them apart but the day from which they hold.
fn slot(row: &Row) -> String {
    let seller = match &row.seller {
        Seller::Any => String::new(),
        Seller::Kind(kind) => format!("kind {kind}: "),
        Seller::Provider(id) => format!("provider {id}: "),
    };
    let mut text = format!("{seller}{}", row.model);
    if !row.service.is_usual() {
        text.push_str(&format!(", {}", row.service.name()));
    }
    if row.from_tokens > 0 {
        text.push_str(&format!(", from {} tokens", row.from_tokens));
    }
    if let Some(hours) = &row.hours {
        text.push_str(&format!(", hours {}", hours.text()));
    }
    text
}

fn of_rows(before: &Book, after: &Book, changes: &mut Vec<Change>) {
    let slots = |book: &'_ Book| -> HashMap<String, Vec<usize>> {
        let mut slots: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, row) in book.rows.iter().enumerate() {
            slots.entry(slot(row)).or_default().push(place);
        }
        slots
    };
    let (old_slots, new_slots) = (slots(before), slots(after));
    let names: BTreeSet<&String> = old_slots.keys().chain(new_slots.keys()).collect();
    let rows = |book: &'_ Book, places: Option<&Vec<usize>>| -> Vec<Row> {
        places.into_iter().flatten().map(|place| book.rows[*place].clone()).collect()
    };
    for name in names {
        let old = rows(before, old_slots.get(name));
        let new = rows(after, new_slots.get(name));
        of_slot(name, &old, &new, changes);
    }
}

fn of_slot(name: &str, old: &[Row], new: &[Row], changes: &mut Vec<Change>) {
    let gone = Change {
        what: name.to_owned(),
        field: String::new(),
        before: Some("a price".to_owned()),
        after: None,
        permille: None,
        is_large: true,
    };
    for row in old {
        if new.iter().all(|other| other.from != row.from) {
            changes.push(Change { field: since(row), is_large: new.is_empty(), ..gone.clone() });
        }
    }
    for row in new {
        let same = old.iter().find(|other| other.from == row.from);
        let earlier = || old.iter().filter(|other| other.from < row.from).max_by_key(|other| other.from);
        if same.is_none() {
            let is_large = false;
            let after = Some("a price".to_owned());
            changes.push(Change { field: since(row), before: None, after, is_large, ..gone.clone() });
        }
        if let Some(other) = same.or_else(earlier) {
            of_row(name, other, row, changes);
        }
    }
}

fn since(row: &Row) -> String {
    match row.from.0 {
        i64::MIN => String::new(),
        _ => format!("from {}", instant::text(row.from)),
    }
}

fn of_row(name: &str, old: &Row, new: &Row, changes: &mut Vec<Change>) {
    let mut text = |field: &str, old: Option<String>, new: Option<String>, is_large: bool| {
        if old != new {
            let (what, field) = (name.to_owned(), field.to_owned());
            changes.push(Change { what, field, before: old, after: new, permille: None, is_large });
        }
    };
    let free = |row: &Row| Some(row.is_free.to_string());
    text("free", free(old), free(new), true);
    let currency = |row: &Row| Some(row.currency.code().to_owned());
    text("currency", currency(old), currency(new), true);
    if old.from == new.from {
        let until = |row: &Row| row.until.map(instant::text);
        text("until", until(old), until(new), false);
    }
    text("aliases", Some(old.aliases.join(" ")), Some(new.aliases.join(" ")), false);
    of_amounts(name, old, new, changes);
}

fn of_amounts(name: &str, old: &Row, new: &Row, changes: &mut Vec<Change>) {
    for component in Component::ALL {
        let (before, after) = (old.amount(component), new.amount(component));
        if before == after {
            continue;
        }
        let grown = before.zip(after).map(|(old, new)| permille(old.parts().into(), new.parts().into()));
        let written =
            |amount: Option<super::amount::Amount>| amount.map(|amount| amount.text(component.unit()));
        changes.push(change(name, component.name(), written(before), written(after), grown));
    }
    if old.minimum != new.minimum {
        let nano = |row: &Row| u128::from(row.minimum.nano().unsigned_abs());
        let grown = Some(permille(nano(old), nano(new)));
        let written = |row: &Row| Some(row.minimum.to_string());
        changes.push(change(name, "minimum", written(old), written(new), grown));
    }
}

/// A number that was and is: large if it changed by much, or from or to nothing.
fn change(
    what: &str,
    field: &str,
    before: Option<String>,
    after: Option<String>,
    grown: Option<Option<i64>>,
) -> Change {
    let is_large = match grown {
        Some(Some(permille)) => permille.unsigned_abs() > LARGE_PERMILLE,
        Some(None) => true,
        None => false,
    };
    Change {
        what: what.to_owned(),
        field: field.to_owned(),
        before,
        after,
        permille: grown.flatten(),
        is_large,
    }
}

/// By how many thousandths a number grew, rounded away from nothing so that no change looks smaller than it is; `None`
/// from nothing.
fn permille(before: u128, after: u128) -> Option<i64> {
    if before == 0 {
        return None;
    }
    let grown = after.abs_diff(before).saturating_mul(1000).div_ceil(before);
    let grown = i64::try_from(grown).unwrap_or(i64::MAX);
    Some(if after < before { -grown } else { grown })
}
