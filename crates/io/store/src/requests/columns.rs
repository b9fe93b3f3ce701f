//! The columns of a row: their names and kinds, in one list that making, writing and reading follow.

use std::borrow::Cow;

use domain::{CallId, Currency, Money, Usage};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::row::{RequestRow, RowCost, tier};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'r> {
    Text(&'r str),
    Number(i64),
    /// Of a number that is not known.
    Nothing,
}

/// Texts, then numbers; the id comes before all.
const TEXTS: [&str; 15] = [
    "request_id",
    "key_id",
    "organisation_id",
    "project_id",
    "path",
    "dialect",
    "model",
    "provider",
    "upstream_model",
    "region",
    "kind",
    "hedged",
    "flags",
    "segments",
    "service_tier",
];
const NUMBERS: [&str; 9] = [
    "status",
    "took_us",
    "first_byte_us",
    "added_us",
    "attempts",
    "fallback_attempts",
    "is_streaming",
    "bytes_in",
    "bytes_out",
];
/// Null where nobody knows.
const USED: [&str; 15] = [
    "input",
    "cached_input",
    "cache_write",
    "cache_write_long",
    "audio_input",
    "image_input",
    "output",
    "reasoning",
    "audio_output",
    "image_output",
    "images",
    "searches",
    "audio_ms",
    "unexplained",
    "is_estimated",
];
const COST: [&str; 4] = ["list_nano", "price_nano", "price_version", "currency"];

/// How many there are.
pub(super) const COLUMNS: usize = 1 + TEXTS.len() + NUMBERS.len() + USED.len() + COST.len();

/// Their names, parted by commas.
pub(super) fn names() -> String {
    let names = ["call_id"].into_iter().chain(TEXTS).chain(NUMBERS).chain(USED).chain(COST);
    names.collect::<Vec<_>>().join(", ")
}

/// As a table is made of them. `text` is how the database calls a text that is compared byte by byte.
pub(super) fn definition(text: &str) -> String {
    let texts = ["call_id"].into_iter().chain(TEXTS).map(|name| format!("{name} {text} NOT NULL"));
    let numbers = NUMBERS.into_iter().chain(USED).chain(COST.into_iter().take(3)).map(|name| match name {
        "first_byte_us" => format!("{name} BIGINT"),
        _ if NUMBERS.contains(&name) => format!("{name} BIGINT NOT NULL"),
        _ => format!("{name} BIGINT"),
    });
    let currency = format!("{} {text}", COST[3]);
    texts.chain(numbers).chain([currency]).collect::<Vec<_>>().join(", ")
}

/// A row's cells, in the order of the columns; the id is given as text by who asks.
pub(super) fn cells<'r>(row: &'r RequestRow<'_>, call_id: &'r str) -> [Cell<'r>; COLUMNS] {
    let tier = row.usage.as_ref().filter(|usage| !usage.service_tier.is_usual());
    let texts = [
        call_id,
        &row.request_id,
        &row.key,
        &row.organisation,
        &row.project,
        &row.path,
        &row.dialect,
        &row.model,
        &row.provider,
        &row.upstream_model,
        &row.region,
        &row.kind,
        &row.hedged,
        &row.flags,
        &row.segments,
        tier.map_or("", |usage| usage.service_tier.name()),
    ];
    let number = |number: u64| Cell::Number(i64::try_from(number).unwrap_or(i64::MAX));
    let numbers = [
        number(row.status.into()),
        number(row.took_us),
        row.first_byte_us.map_or(Cell::Nothing, number),
        number(row.added_us),
        number(row.attempts.into()),
        number(row.fallback_attempts.into()),
        number(row.is_streaming.into()),
        number(row.bytes_in),
        number(row.bytes_out),
    ];
    let mut all = [Cell::Nothing; COLUMNS];
    let texts = texts.map(Cell::Text);
    let used = row.usage.as_ref().map(|usage| {
        let counts = usage.parts().into_iter().chain(usage.units()).map(|(_, count)| count);
        counts.chain([usage.unexplained, usage.is_estimated.into()])
    });
    let begin = texts.len() + numbers.len();
    for (cell, value) in all.iter_mut().zip(texts.into_iter().chain(numbers)) {
        *cell = value;
    }
    for (cell, count) in all[begin..begin + USED.len()].iter_mut().zip(used.into_iter().flatten()) {
        *cell = number(count);
    }
    if let Some(cost) = &row.cost {
        let version = Cell::Number(cost.version.into());
        let money = [Cell::Number(cost.list.nano()), Cell::Number(cost.price.nano()), version];
        let told = money.into_iter().chain([Cell::Text(cost.currency.code())]);
        all[begin + USED.len()..].iter_mut().zip(told).for_each(|(cell, value)| *cell = value);
    }
    all
}

/// A row as it was read; one that this version cannot have written gives the name of what is wrong with it.
pub(super) fn read(row: &AnyRow) -> Result<RequestRow<'static>, sqlx::Error> {
    let text = |name: &str| row.try_get::<String, _>(name).map(Cow::Owned);
    let number = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
    let maybe = |name: &str| row.try_get::<Option<i64>, _>(name);
    let call_id: String = row.try_get("call_id")?;
    let call_id = CallId::parse(&call_id).ok_or_else(|| sqlx::Error::Decode("no id of a call".into()))?;
    Ok(RequestRow {
        call_id,
        request_id: text("request_id")?,
        key: text("key_id")?,
        organisation: text("organisation_id")?,
        project: text("project_id")?,
        path: text("path")?,
        dialect: text("dialect")?,
        model: text("model")?,
        provider: text("provider")?,
        upstream_model: text("upstream_model")?,
        region: text("region")?,
        kind: text("kind")?,
        hedged: text("hedged")?,
        flags: text("flags")?,
        segments: text("segments")?,
        status: number("status")? as u16,
        took_us: number("took_us")?,
        first_byte_us: maybe("first_byte_us")?.map(i64::unsigned_abs),
        added_us: number("added_us")?,
        attempts: number("attempts")? as u8,
        fallback_attempts: number("fallback_attempts")? as u8,
        is_streaming: number("is_streaming")? == 1,
        bytes_in: number("bytes_in")?,
        bytes_out: number("bytes_out")?,
        usage: match maybe("input")? {
            Some(_) => Some(usage(row)?),
            None => None,
        },
        cost: match (maybe("list_nano")?, maybe("price_nano")?) {
            (Some(list), Some(price)) => Some(RowCost {
                list: Money::from_nano(list),
                price: Money::from_nano(price),
                currency: Currency::parse(&text("currency")?)
                    .ok_or_else(|| sqlx::Error::Decode("no currency".into()))?,
                version: number("price_version")? as u32,
            }),
            _ => None,
        },
    })
}

fn usage(row: &AnyRow) -> Result<Usage, sqlx::Error> {
    let number = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
    let units = |name: &str| number(name).map(|count| count as u32);
    Ok(Usage {
        input: number("input")?,
        cached_input: number("cached_input")?,
        cache_write: number("cache_write")?,
        cache_write_long: number("cache_write_long")?,
        audio_input: number("audio_input")?,
        image_input: number("image_input")?,
        output: number("output")?,
        reasoning: number("reasoning")?,
        audio_output: number("audio_output")?,
        image_output: number("image_output")?,
        unexplained: number("unexplained")?,
        images: units("images")?,
        searches: units("searches")?,
        audio_ms: units("audio_ms")?,
        service_tier: tier(&row.try_get::<String, _>("service_tier")?),
        is_estimated: number("is_estimated")? == 1,
    })
}
