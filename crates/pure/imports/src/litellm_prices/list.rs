//! The list as rows of a book, and all that could not be one.

use std::collections::{BTreeMap, BTreeSet};

use ledger::prices::{Amount, BookText, Component, HoursText, ROWS_MAX, RowText, Unit};
use providers::foreign;
use serde_json::value::RawValue;

use super::fields::meaning;
use crate::decimal::count;

/// The entry that explains the others.
const SAMPLE: &str = "sample_spec";
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

type Fields = BTreeMap<String, Box<RawValue>>;

/// What a list comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedPrices {
    /// The draft.
    pub book: BookText,
    /// What is not in it, and why.
    pub left_out: Vec<LeftOut>,
    /// Prices that were finer than a book holds, and are rounded up: the model and the component.
    pub rounded: Vec<(String, &'static str)>,
}

/// Something of the list that is not in the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The name in the list.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What tells the rows of one model apart.
type Slot = (Option<&'static str>, u64);

/// Reads a list. Fails only if it is none; what is odd in it is left out and told.
pub fn read(text: &str) -> Result<ImportedPrices, String> {
    let list: BTreeMap<String, Fields> =
        serde_json::from_str(text).map_err(|error| format!("is no price list: {error}"))?;
    let mut imported = ImportedPrices::default();
    let mut taken = BTreeSet::new();
    for (name, fields) in &list {
        if name == SAMPLE {
            continue;
        }
        match entry(name, fields, &mut imported) {
            Ok(rows) => {
                let first = rows.first().map(|row| (row.kind.clone(), row.model.clone()));
                if first.is_some_and(|first| taken.insert(first)) {
                    imported.book.price.extend(rows);
                } else {
                    imported.leave_out(name, "another entry of the list is the same model");
                }
            }
            Err(why) => imported.leave_out(name, &why),
        }
    }
    if imported.book.price.len() > ROWS_MAX {
        return Err(format!("makes {} rows; a book holds {ROWS_MAX}", imported.book.price.len()));
    }
    Ok(imported)
}

impl ImportedPrices {
    fn leave_out(&mut self, name: &str, why: &str) {
        self.left_out.push(LeftOut { name: name.to_owned(), why: why.to_owned() });
    }
}

fn entry(name: &str, fields: &Fields, imported: &mut ImportedPrices) -> Result<Vec<RowText>, String> {
    let vendor = text(fields, "litellm_provider").ok_or("names no vendor")?;
    let spoken = foreign::litellm(&vendor).and_then(|vendor| vendor.spoken.as_ref().ok());
    let kind = spoken.map(|spoken| spoken.kind.name).filter(|kind| *kind != providers::COMPATIBLE.name);
    let kind = kind.ok_or("its vendor is no kind of ours")?;
    let model = name.strip_prefix(&format!("{vendor}/")).unwrap_or(name);
    let place = RowText {
        kind: Some(kind.to_owned()),
        model: model.to_owned(),
        source: text(fields, "source").filter(|source| source.len() <= ledger::prices::NAME_BYTES_MAX),
        ..RowText::default()
    };
    let mut slots = slots(name, fields, imported)?;
    if let Some(tiers) = fields.get("tiered_pricing") {
        tiered(name, tiers, &mut slots, imported)?;
    }
    add_units(name, fields, &mut slots, imported)?;
    let rows = rows(name, &place, slots, imported);
    if rows.is_empty() {
        return Err("has no price that a book has a word for".to_owned());
    }
    let is_nothing = |row: &RowText| {
        Component::ALL.iter().filter_map(|component| row.amount(*component)).all(|amount| amount == "0")
    };
    if rows.iter().all(is_nothing) {
        return Err(
            "costs nothing by the list, which may mean that nobody knows; say `free = true` if it is"
                .to_owned(),
        );
    }
    let off_peak =
        fields.get("off_peak_pricing").and_then(|off_peak| cheaper_hours(name, off_peak, &place, imported));
    Ok(rows.into_iter().chain(off_peak).collect())
}

/// The prices of the fields, by service tier and length of the prompt.
fn slots(
    name: &str,
    fields: &Fields,
    imported: &mut ImportedPrices,
) -> Result<BTreeMap<Slot, RowText>, String> {
    let mut slots: BTreeMap<Slot, RowText> = BTreeMap::new();
    for (field, value) in fields {
        let Some(meaning) = meaning(field) else { continue };
        if value.get() == "null" {
            continue;
        }
        let amount = amount(name, meaning.component, value.get(), imported).ok_or_else(|| {
            format!("{field} is {}, which is no price", value.get().chars().take(40).collect::<String>())
        })?;
        let row = slots.entry((meaning.service, meaning.from_tokens)).or_default();
        *row.amount_mut(meaning.component) = Some(amount);
    }
    Ok(slots)
}

/// A list of prices by length, each for prompts beyond the lower end of its range.
fn tiered(
    name: &str,
    tiers: &RawValue,
    slots: &mut BTreeMap<Slot, RowText>,
    imported: &mut ImportedPrices,
) -> Result<(), String> {
    let tiers: Vec<Fields> =
        serde_json::from_str(tiers.get()).map_err(|_| "tiered_pricing is no list of prices".to_owned())?;
    for tier in &tiers {
        let range: Option<Vec<Box<RawValue>>> =
            tier.get("range").and_then(|range| serde_json::from_str(range.get()).ok());
        let lower = range.as_ref().and_then(|range| count(range.first()?.get(), 0));
        let lower = lower.and_then(|lower| u64::try_from(lower.count).ok());
        let lower = lower.ok_or("a tier of tiered_pricing has no range")?;
        let from_tokens = if lower == 0 { 0 } else { lower + 1 };
        let row = slots.entry((None, from_tokens)).or_default();
        for ((_, above), prices) in self::slots(name, tier, imported)? {
            if above == 0 {
                Component::ALL.into_iter().for_each(|component| {
                    if let Some(amount) = prices.amount(component) {
                        *row.amount_mut(component) = Some(amount.clone());
                    }
                });
            }
        }
    }
    Ok(())
}

/// Seconds of recordings and searches, which the list has under several words.
fn add_units(
    name: &str,
    fields: &Fields,
    slots: &mut BTreeMap<Slot, RowText>,
    imported: &mut ImportedPrices,
) -> Result<(), String> {
    if text(fields, "mode").as_deref() == Some("audio_transcription") {
        let seconds =
            ["input_cost_per_second", "output_cost_per_second"].iter().find_map(|field| fields.get(*field));
        if let Some(value) = seconds {
            let amount = amount(name, Component::Second, value.get(), imported);
            slots.entry((None, 0)).or_default().per_second =
                Some(amount.ok_or("its price of a second is no price")?);
        }
    }
    if let Some(value) = fields.get("search_context_cost_per_query") {
        // By how much is read; nobody tells which it was, so the dearest counts.
        let sizes: Fields =
            serde_json::from_str(value.get()).map_err(|_| "its price of a search is no price")?;
        let prices =
            sizes.values().filter_map(|price| count(price.get(), 9).map(|price| (price.count, price)));
        if let Some((_, dearest)) = prices.max_by_key(|(price, _)| *price) {
            let text = held(Component::Search, dearest.count).ok_or("its price of a search is no price")?;
            slots.entry((None, 0)).or_default().per_search.get_or_insert(text);
        }
    }
    Ok(())
}

/// Rows that a book takes: a tier needs its lower ones, and a picture is not paid twice.
fn rows(
    name: &str,
    place: &RowText,
    slots: BTreeMap<Slot, RowText>,
    imported: &mut ImportedPrices,
) -> Vec<RowText> {
    let based: BTreeSet<_> =
        slots.keys().filter(|(_, from)| *from == 0).map(|(service, _)| *service).collect();
    let mut rows = Vec::new();
    for ((service, from_tokens), mut row) in slots {
        if !based.contains(&service) {
            let tier = service.unwrap_or("standard");
            imported.leave_out(
                name,
                &format!("{tier} above {from_tokens} tokens has no price for shorter prompts"),
            );
            continue;
        }
        if row.image_output.is_some() || row.output.as_deref().is_some_and(|output| output != "0") {
            row.per_image = None;
        }
        let names_any = Component::ALL.iter().any(|component| row.amount(*component).is_some());
        if names_any {
            row = RowText { service: service.map(str::to_owned), ..merged(place, row) };
            row.from_tokens = (from_tokens > 0).then_some(from_tokens);
            rows.push(row);
        }
    }
    rows
}

/// The amounts of `row` at this place.
fn merged(place: &RowText, mut row: RowText) -> RowText {
    let mut merged = place.clone();
    for component in Component::ALL {
        *merged.amount_mut(component) = row.amount_mut(component).take();
    }
    merged
}

/// The hours of the week that are cheaper, in UTC; those by days of another zone are left out.
fn cheaper_hours(
    name: &str,
    off_peak: &RawValue,
    place: &RowText,
    imported: &mut ImportedPrices,
) -> Option<RowText> {
    let read = |imported: &mut ImportedPrices| {
        let fields: Fields = serde_json::from_str(off_peak.get()).ok()?;
        if text(&fields, "weekday_timezone").is_some_and(|zone| zone != "UTC") {
            return None;
        }
        let windows: Vec<Fields> = serde_json::from_str(fields.get("windows")?.get()).ok()?;
        let hours: Option<Vec<Vec<HoursText>>> = windows.iter().map(window).collect();
        let row = slots(name, &fields, imported).ok()?.remove(&(None, 0))?;
        Some(RowText { hours: hours?.concat(), ..merged(place, row) })
    };
    let row = read(imported);
    if row.is_none() {
        imported.leave_out(name, "its cheaper hours cannot be read; its usual price is in the draft");
    }
    row
}

fn window(fields: &Fields) -> Option<Vec<HoursText>> {
    let hours = fields.get("hours_utc")?.get();
    let one = || serde_json::from_str::<String>(hours).map(|one| vec![one]);
    let texts: Vec<String> = serde_json::from_str(hours).or_else(|_| one()).ok()?;
    let days = match fields.get("weekdays") {
        None => None,
        Some(days) => {
            let days: Vec<usize> = serde_json::from_str(days.get()).ok()?;
            let names: Option<Vec<String>> =
                days.iter().map(|day| DAYS.get(day.checked_sub(1)?).map(|day| (*day).to_owned())).collect();
            Some(names?)
        }
    };
    let of_text = |text: &String| {
        let (from, until) = text.split_once('-')?;
        Some(HoursText { from: from.to_owned(), until: until.to_owned(), days: days.clone(), zone: None })
    };
    texts.iter().map(of_text).collect()
}

/// A price as a book writes it.
fn amount(name: &str, component: Component, text: &str, imported: &mut ImportedPrices) -> Option<String> {
    let places = match component.unit() {
        // For one token there, in millionths for a million here.
        Unit::MillionTokens => 12,
        Unit::Each | Unit::Second => 9,
    };
    let found = count(text, places)?;
    let written = held(component, found.count)?;
    if found.is_rounded {
        imported.rounded.push((name.to_owned(), component.name()));
    }
    Some(written)
}

fn held(component: Component, parts: u128) -> Option<String> {
    let unit = component.unit();
    Amount::from_parts(u64::try_from(parts).ok()?, unit).map(|amount| amount.text(unit))
}

fn text(fields: &Fields, name: &str) -> Option<String> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}
