//! `GET /admin/v1/keys`: the keys that fit, in order of creation, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::{KeyId, Kind, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{KEYS_PER_PAGE_MAX, KeyError, KeyFilter, KeyState, KeyTags};

use crate::access::Visitor;
use crate::key_wish::project;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

const KEYS_PER_PAGE_DEFAULT: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    after: Option<String>,
    limit: Option<u32>,
    organisation: Option<String>,
    project: Option<String>,
    /// `NAME=VALUE`.
    tag: Option<String>,
    state: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Listing {
    keys: Vec<Value>,
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
        return Err(bad("limit", format!("limit must be 1 to {KEYS_PER_PAGE_MAX}, not {limit}")));
    }
    let not_an_id = |text: &str| bad("after", format!("{text:?} is no id of a key"));
    let after = page.after.as_deref().map(|text| KeyId::parse(text).ok_or_else(|| not_an_id(text)));
    let (after, now) = (after.transpose()?, (parts.clock)());
    let filter = filter(&page, now)?;
    let listed = parts.key_desk.list(&filter, after.as_ref(), limit, &visitor.reach).await;
    let keys = listed.map_err(KeyError::from)?;
    let next_after = keys.last().filter(|_| keys.len() == limit as usize).map(|key| key.id.to_string());
    Ok(Json(Listing { keys: keys.iter().map(|key| key.json(now)).collect(), next_after }))
}

fn filter(page: &Page, now: Timestamp) -> Result<KeyFilter, Refusal> {
    let organisation = page.organisation.as_deref().map(|text| {
        let not_an_id = || bad("organisation", format!("{text:?} is no id of an organisation"));
        OrganisationId::parse(text).ok_or_else(not_an_id)
    });
    let tag = page.tag.as_deref().map(KeyTags::parse_one).transpose().map_err(|why| bad("tag", why))?;
    let state = page.state.as_deref().map(|name| {
        let unknown = || bad("state", format!("{name:?} is no state; there are active, expired and revoked"));
        KeyState::named(name).map(|state| (state, now)).ok_or_else(unknown)
    });
    Ok(KeyFilter {
        organisation: organisation.transpose()?,
        project: page.project.as_deref().map(project).transpose()?,
        tag,
        state: state.transpose()?,
    })
}

fn bad(param: &'static str, message: String) -> Refusal {
    Refusal::of(Kind::BadRequest, message).with_param(param)
}
