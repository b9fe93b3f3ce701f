//! What the path and the query of a request say, or why they cannot be read; and a page of a list that goes on behind the last.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use domain::Kind;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// The parts of a path.
pub(crate) type Parts<T> = Result<Path<T>, PathRejection>;
/// A query.
pub(crate) type Asked<T> = Result<Query<T>, QueryRejection>;

/// Things in one answer unless said otherwise.
const PER_PAGE_DEFAULT: u32 = 100;

/// Which page of a list is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

pub(crate) fn parts<T>(path: Parts<T>) -> Result<T, Refusal> {
    path.map(|Path(parts)| parts).map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))
}

pub(crate) fn query<T>(asked: Asked<T>) -> Result<T, Refusal> {
    asked.map(|Query(asked)| asked).map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))
}

/// From behind what a page begins, and how many things it has at most.
pub(crate) fn page<T>(
    asked: Asked<Page>,
    max: u32,
    parse: fn(&str) -> Option<T>,
) -> Result<(Option<T>, u32), Refusal> {
    let Page { after: from, limit: count } = query(asked)?;
    let count = limit(count, max)?;
    Ok((after(from, parse)?, count))
}

/// How many things an answer has at most.
pub(crate) fn limit(asked: Option<u32>, max: u32) -> Result<u32, Refusal> {
    let limit = asked.unwrap_or(PER_PAGE_DEFAULT);
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    let message = format!("limit must be 1 to {max}, not {limit}");
    Err(Refusal::of(Kind::BadRequest, message).with_param("limit"))
}

/// From behind what a page begins.
pub(crate) fn after<T>(asked: Option<String>, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
    let Some(text) = asked else { return Ok(None) };
    let not_an_id =
        || Refusal::of(Kind::BadRequest, format!("{text:?} is no id of one of these")).with_param("after");
    parse(&text).map(Some).ok_or_else(not_an_id)
}

/// A page as it is told, under its noun: what each is shown as, and where the next page begins if this one is full.
pub(crate) fn listed<T>(
    noun: &str,
    (page, limit): (&[T], u32),
    id: impl Fn(&T) -> String,
    shown: impl Fn(&T) -> Value,
) -> Json<Value> {
    let next_after = page.last().filter(|_| page.len() == limit as usize).map(id);
    Json(json!({ noun: page.iter().map(shown).collect::<Vec<_>>(), "next_after": next_after }))
}
