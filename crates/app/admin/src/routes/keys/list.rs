//! `GET /admin/v1/keys`: all keys in order of creation, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::{KeyId, Kind};
use serde::{Deserialize, Serialize};
use store::{KEYS_PER_PAGE_MAX, KeyError};

use super::reach::reaches_keys;
use super::view::KeyView;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

const KEYS_PER_PAGE_DEFAULT: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct Listing {
    keys: Vec<KeyView>,
    /// Where the next page begins; null on the last one.
    next_after: Option<String>,
}

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Listing>, Refusal> {
    let Query(page) = page.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let limit = page.limit.unwrap_or(KEYS_PER_PAGE_DEFAULT);
    if !(1..=KEYS_PER_PAGE_MAX).contains(&limit) {
        let message = format!("limit must be 1 to {KEYS_PER_PAGE_MAX}, not {limit}");
        return Err(Refusal::of(Kind::BadRequest, message).with_param("limit"));
    }
    let after = page.after.map(|text| {
        let not_an_id =
            || Refusal::of(Kind::BadRequest, format!("{text:?} is no id of a key")).with_param("after");
        KeyId::parse(&text).ok_or_else(not_an_id)
    });
    if !reaches_keys(&visitor) {
        return Ok(Json(Listing { keys: Vec::new(), next_after: None }));
    }
    let keys = parts.key_desk.list(after.transpose()?.as_ref(), limit).await.map_err(KeyError::from)?;
    let now = (parts.clock)();
    let next_after = keys.last().filter(|_| keys.len() == limit as usize).map(|key| key.id.to_string());
    Ok(Json(Listing { keys: keys.iter().map(|key| KeyView::new(key, now)).collect(), next_after }))
}
