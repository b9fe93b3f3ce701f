//! What keeps rows from being a catalogue.

use std::collections::HashMap;
use std::fmt;

use dialects::surface::Operation;

use super::row::{Placed, Price, Row};

/// Longest name of a model.
const NAME_BYTES_MAX: usize = 256;
/// Rows in one file.
const ROWS_MAX: usize = 20_000;

/// Something wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFlaw {
    /// Where the row begins, or where the file cannot be read.
    pub line: usize,
    /// Which model; empty where the file cannot be read at all.
    pub name: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for RowFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.name.is_empty() { "" } else { ": " };
        write!(f, "line {}: {}{colon}{}", self.line, self.name, self.message)
    }
}

/// Everything that is wrong with the rows of a file.
pub(super) fn flaws(rows: &[Placed]) -> Vec<RowFlaw> {
    let mut flaws = Vec::new();
    if rows.len() > ROWS_MAX {
        let message = format!("{} models; at most {ROWS_MAX} are read", rows.len());
        return vec![RowFlaw { line: 1, name: String::new(), message }];
    }
    let mut taken: HashMap<(&str, &str), usize> = HashMap::new();
    for Placed { line, row } in rows {
        let mut tell = |message: String| flaws.push(RowFlaw { line: *line, name: row.name.clone(), message });
        of_row(row, &mut tell);
        for kind in &row.kinds {
            if crate::find(kind).is_none() {
                tell(format!("there is no kind '{kind}'"));
            }
            for name in std::iter::once(&row.name).chain(&row.aliases) {
                if let Some(before) = taken.insert((kind, name), *line) {
                    tell(format!("'{name}' of {kind} stands on line {before} already"));
                }
            }
        }
    }
    flaws
}

fn of_row(row: &Row, tell: &mut impl FnMut(String)) {
    for name in std::iter::once(&row.name).chain(&row.aliases) {
        let is_clean = !name.contains(|c: char| c.is_control() || c.is_whitespace());
        if !is_clean || name.is_empty() || name.len() > NAME_BYTES_MAX {
            tell(format!("'{name}' is no name: 1 to {NAME_BYTES_MAX} bytes without spaces"));
        }
    }
    if row.kinds.is_empty() {
        tell("says nothing of whose it is (kinds)".to_owned());
    }
    if row.source.trim().is_empty() {
        tell("has no source".to_owned());
    }
    if let Some(surface) = row.surface.as_deref().filter(|name| Operation::named(name).is_none()) {
        tell(format!("there is no surface '{surface}'"));
    }
    for (key, ..) in row.quirks.flaws() {
        tell(format!("quirks.{key} cannot be used"));
    }
    for (place, price) in row.prices.iter().enumerate() {
        of_price(price, tell);
        if row.prices[..place].iter().any(|other| meet(price, other)) {
            tell(format!("two prices hold on {}", price.from));
        }
    }
}

fn of_price(price: &Price, tell: &mut impl FnMut(String)) {
    if price.until.is_some_and(|until| until <= price.from) {
        tell(format!("the price from {} ends before it begins", price.from));
    }
    let is_currency =
        price.currency.len() == 3 && price.currency.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_currency {
        tell(format!("'{}' is no currency: three letters, such as USD", price.currency));
    }
    let amounts = [price.input, price.output, price.audio_input, price.audio_output];
    if amounts.iter().all(Option::is_none) {
        tell(format!("the price from {} names no amount", price.from));
    }
}

/// Whether two prices hold on the same day for the same prompt in the same currency.
fn meet(one: &Price, other: &Price) -> bool {
    let begins_within = |one: &Price, other: &Price| {
        one.from >= other.from && other.until.is_none_or(|until| one.from < until)
    };
    one.from_tokens == other.from_tokens
        && one.currency == other.currency
        && (begins_within(one, other) || begins_within(other, one))
}
