//! `GET /admin/v1/keys`: the keys that fit, in order of creation, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::{KeyId, OrganisationId, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use store::{CallerKey, KEYS_PER_PAGE_MAX, KeyError, KeyFilter, KeyState, KeyTags};

use crate::access::Visitor;
use crate::asked::{self, Asked};
use crate::key_wish::project;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

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

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Asked<Page>,
) -> Result<Json<Value>, Refusal> {
    let page = asked::query(page)?;
    let limit = asked::limit(page.limit, KEYS_PER_PAGE_MAX)?;
    let not_an_id = |text: &str| Refusal::wrong("after", format!("{text:?} is no id of a key"));
    let after = page.after.as_deref().map(|text| KeyId::parse(text).ok_or_else(|| not_an_id(text)));
    let (after, now) = (after.transpose()?, (parts.clock)());
    let filter = filter(&page, now)?;
    let listed = parts.key_desk.list(&filter, after.as_ref(), limit, &visitor.reach).await;
    let keys = listed.map_err(KeyError::from)?;
    let limits = parts.limits.rows();
    let shown = |key: &CallerKey| key.json_limited(now, &limits);
    Ok(asked::listed("keys", (&keys, limit), |key| key.id.to_string(), shown))
}

fn filter(page: &Page, now: Timestamp) -> Result<KeyFilter, Refusal> {
    let organisation = page.organisation.as_deref().map(|text| {
        let not_an_id = || Refusal::wrong("organisation", format!("{text:?} is no id of an organisation"));
        OrganisationId::parse(text).ok_or_else(not_an_id)
    });
    let tag =
        page.tag.as_deref().map(KeyTags::parse_one).transpose().map_err(|why| Refusal::wrong("tag", why))?;
    let state = page.state.as_deref().map(|name| {
        let unknown = || {
            Refusal::wrong("state", format!("{name:?} is no state; there are active, expired and revoked"))
        };
        KeyState::named(name).map(|state| (state, now)).ok_or_else(unknown)
    });
    Ok(KeyFilter {
        organisation: organisation.transpose()?,
        project: page.project.as_deref().map(project).transpose()?,
        tag,
        state: state.transpose()?,
    })
}
