//! Text in; a whole book, or everything that is wrong with it, out.

use std::collections::{BTreeMap, HashMap};

use domain::Currency;
use serde::Deserialize;
use toml::Spanned;

use super::book::{Book, EVERY_MODEL};
use super::overlap;
use super::problem::Problem;
use super::row::Row;
use super::text::{BookText, MarkupsText, RowText};
use super::told::{Moneys, Told};

/// Most rows of a book.
pub const ROWS_MAX: usize = 20_000;
/// Longest text of a book.
pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A text in two steps, so that each row tells its own mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    currency: Option<String>,
    unknown: Option<String>,
    #[serde(default)]
    rates: BTreeMap<String, String>,
    #[serde(default)]
    markup: MarkupsText,
    default: Option<Spanned<toml::Value>>,
    #[serde(default)]
    price: Vec<Spanned<toml::Value>>,
}

/// Reads a book. `kinds` are the kinds of providers there are; where none are given, any is taken.
pub fn read(text: &str, kinds: &[&str]) -> Result<Book, Vec<Problem>> {
    let mut told = Told { problems: Vec::new(), line: None, path: String::new() };
    let Some(raw) = raw(text, &mut told) else { return Err(told.problems) };
    let line_of = |place: usize| text[..place.min(text.len())].matches('\n').count() + 1;
    let rows = raw.price.iter().enumerate().filter_map(|(place, row)| {
        let told = told.at(line_of(row.span().start), format!("price[{}]", place + 1));
        Some((place, row_text(row, told)?))
    });
    let rows: Vec<(usize, RowText)> = rows.collect();
    let default = raw.default.as_ref().and_then(|row| {
        let line = line_of(row.span().start);
        Some((line, row_text(row, told.at(line, "default".to_owned()))?))
    });
    let lines: Vec<usize> = raw.price.iter().map(|row| line_of(row.span().start)).collect();
    let head = BookText {
        currency: raw.currency,
        unknown: raw.unknown,
        rates: raw.rates,
        markup: raw.markup,
        ..BookText::default()
    };
    let book = build(&head, default.as_ref(), &rows, &lines, kinds, &mut told);
    if told.problems.is_empty() { Ok(book) } else { Err(told.problems) }
}

fn raw(text: &str, told: &mut Told) -> Option<Raw> {
    if text.len() > TEXT_BYTES_MAX {
        told.tell("", format!("{} bytes; at most {TEXT_BYTES_MAX} are read", text.len()));
        return None;
    }
    let raw: Raw = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            told.line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            told.tell("", plain(error.message()));
            return None;
        }
    };
    if raw.price.len() > ROWS_MAX {
        told.tell("price", format!("{} rows; at most {ROWS_MAX} are read", raw.price.len()));
        return None;
    }
    Some(raw)
}

fn row_text(row: &Spanned<toml::Value>, told: &mut Told) -> Option<RowText> {
    match RowText::deserialize(row.get_ref().clone()) {
        Ok(row) => Some(row),
        Err(error) => {
            told.tell("", plain(error.message()));
            None
        }
    }
}

/// The parser's words, with what to do about its most likely complaint.
fn plain(message: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    let hint = if message.contains("floating point") || message.contains("integer") {
        "; amounts are written in quotes"
    } else {
        ""
    };
    format!("{message}{hint}")
}

fn build(
    head: &BookText,
    default: Option<&(usize, RowText)>,
    rows: &[(usize, RowText)],
    lines: &[usize],
    kinds: &[&str],
    told: &mut Told,
) -> Book {
    (told.line, told.path) = (None, String::new());
    let currency =
        told.currency("currency", head.currency.as_deref().unwrap_or("USD")).unwrap_or(Currency::USD);
    let rates = told.rates(&head.rates, currency);
    let markups = told.markups(&head.markup);
    let money = Moneys { book: currency, rates: &rates };
    let default_row =
        default.and_then(|(line, row)| default_row(row, &money, told.at(*line, "default".to_owned())));
    (told.line, told.path) = (None, String::new());
    let unknown = told.unknown(head.unknown.as_deref(), default.is_some(), default_row);
    let mut whole = Vec::with_capacity(rows.len());
    for (place, row) in rows {
        let told = told.at(lines[*place], format!("price[{}]", place + 1));
        whole.extend(told.row(row, place + 1, &money, kinds));
    }
    let places = places(&whole);
    for (number, message) in overlap::flaws(&whole, &places) {
        told.at(lines[number - 1], format!("price[{number}]")).tell("", message);
    }
    Book { version: 0, currency, rates, unknown, markups, rows: whole.into(), places }
}

/// The places of rows by every name of a model.
fn places(rows: &[Row]) -> HashMap<Box<str>, Box<[u32]>> {
    let mut places: HashMap<Box<str>, Vec<u32>> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        for name in std::iter::once(&row.model).chain(&row.aliases) {
            places.entry(name.clone()).or_default().push(place as u32);
        }
    }
    places.into_iter().map(|(name, places)| (name, places.into())).collect()
}

fn default_row(row: &RowText, money: &Moneys<'_>, told: &mut Told) -> Option<Row> {
    let is_plain = RowText {
        provider: row.provider.clone(),
        kind: row.kind.clone(),
        model: row.model.clone(),
        aliases: row.aliases.clone(),
        from: row.from.clone(),
        until: row.until.clone(),
        service: row.service.clone(),
        from_tokens: row.from_tokens,
        hours: row.hours.clone(),
        ..RowText::default()
    } == RowText::default();
    if !is_plain {
        let rest = "currency, source, minimum, free and amounts";
        told.tell("", format!("is for every call without a price: it may name {rest} only"));
        return None;
    }
    told.row(&RowText { model: EVERY_MODEL.to_owned(), ..row.clone() }, 0, money, &[])
}
