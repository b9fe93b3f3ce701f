//! What the path and the query of a request say, or why they cannot be read.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use domain::Kind;

use crate::refusal::Refusal;

/// The parts of a path.
pub(crate) type Parts<T> = Result<Path<T>, PathRejection>;
/// A query.
pub(crate) type Asked<T> = Result<Query<T>, QueryRejection>;

/// Things in one answer unless said otherwise.
const PER_PAGE_DEFAULT: u32 = 100;

pub(crate) fn parts<T>(path: Parts<T>) -> Result<T, Refusal> {
    path.map(|Path(parts)| parts).map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))
}

pub(crate) fn query<T>(asked: Asked<T>) -> Result<T, Refusal> {
    asked.map(|Query(asked)| asked).map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))
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

/// Where the next page begins, if this one is full.
pub(crate) fn next_after<T>(page: &[T], limit: u32, id: impl Fn(&T) -> String) -> Option<String> {
    page.last().filter(|_| page.len() == limit as usize).map(id)
}
