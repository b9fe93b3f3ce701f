//! `GET /admin/v1/ledger/entries`: what moved, the newest first, page by page: by call, by the caller's own id of it, by account.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::{CallId, Kind, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{ENTRIES_PER_PAGE_MAX, EntryCursor, EntryQuery, FoundEntry, Reach, RequestQuery};

use super::entry_json::entry_json;
use super::whose::account_if_any;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::wanted::{MOMENT, read};

const ENTRIES_PER_PAGE_DEFAULT: u32 = 100;
/// Calls with one `x-request-id` that are looked for: callers repeat them.
const CALLS_OF_REQUEST_MAX: u32 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    account: Option<String>,
    call_id: Option<String>,
    request_id: Option<String>,
    key: Option<String>,
    from: Option<String>,
    to: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(wanted) = wanted.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let has_none = visitor.reach != Reach::All && parts.accounts.accounts(&visitor.reach).is_empty();
    if has_none && wanted.account.is_none() {
        return Ok(Json(json!({ "entries": [], "next_after": null })));
    }
    let account = account_if_any(&parts, &visitor.reach, wanted.account.as_deref()).await?;
    let limit = wanted.limit.unwrap_or(ENTRIES_PER_PAGE_DEFAULT);
    if !(1..=ENTRIES_PER_PAGE_MAX).contains(&limit) {
        let message = format!("limit must be 1 to {ENTRIES_PER_PAGE_MAX}, not {limit}");
        return Err(Refusal::of(Kind::BadRequest, message).with_param("limit"));
    }
    let query = EntryQuery {
        call_id: read("call_id", wanted.call_id, CallId::parse, "32 hexadecimal digits")?,
        key_prefix: wanted.key,
        customer: account.as_ref().map(|payer| payer.account.number),
        from: read("from", wanted.from, Timestamp::parse, MOMENT)?,
        to: read("to", wanted.to, Timestamp::parse, MOMENT)?,
        after: read("after", wanted.after, EntryCursor::parse, "the next_after of a page before")?,
        limit,
        ..EntryQuery::default()
    };
    let (entries, next_after) = match wanted.request_id {
        Some(request_id) => (of_request(&parts, &visitor.reach, request_id, &query).await?, None),
        None => {
            let page = parts.accounts.entries(&query).await.map_err(failed)?;
            (page.entries, page.next_after)
        }
    };
    Ok(Json(json!({
        "entries": entries.iter().map(entry_json).collect::<Vec<_>>(),
        "next_after": next_after.map(|cursor| cursor.to_string()),
    })))
}

/// The entries of every call that had the caller's own id.
async fn of_request(
    parts: &AdminParts,
    reach: &Reach,
    request_id: String,
    query: &EntryQuery,
) -> Result<Vec<FoundEntry>, Refusal> {
    let calls = RequestQuery {
        request_id: Some(request_id),
        organisations: match reach {
            Reach::All => None,
            Reach::Within(organisations) => Some(organisations.clone().into()),
        },
        limit: CALLS_OF_REQUEST_MAX,
        ..RequestQuery::default()
    };
    let mut entries = Vec::new();
    for row in parts.requests.look(&calls).await.map_err(failed)?.rows {
        let of_call = EntryQuery { call_id: Some(row.call_id), ..query.clone() };
        entries.extend(parts.accounts.entries(&of_call).await.map_err(failed)?.entries);
    }
    Ok(entries)
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::of(Kind::Internal, error.to_string())
}
