//! `GET /admin/v1/requests`: rows of calls, the newest first, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::{CallId, Kind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{REQUESTS_PER_PAGE_MAX, Reach, RequestQuery, RequestRow, StatusWish};

use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::wanted::{MOMENT, read};

const ROWS_PER_PAGE_DEFAULT: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    call_id: Option<String>,
    request_id: Option<String>,
    key: Option<String>,
    organisation: Option<String>,
    project: Option<String>,
    model: Option<String>,
    provider: Option<String>,
    status: Option<String>,
    from: Option<String>,
    to: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct Listing {
    requests: Vec<Value>,
    /// Where to look on; null where there is nothing more. A page may end early where much had to be looked through.
    next_after: Option<String>,
}

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Listing>, Refusal> {
    let Query(wanted) = wanted.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let page = parts.requests.look(&wanted.query(visitor.reach)?).await;
    let page = page.map_err(|error| Refusal::of(Kind::Internal, error.to_string()))?;
    Ok(Json(Listing {
        requests: page.rows.iter().map(RequestRow::json).collect(),
        next_after: page.next_after.map(|id| id.to_string()),
    }))
}

impl Wanted {
    fn query(self, reach: Reach) -> Result<RequestQuery, Refusal> {
        let limit = self.limit.unwrap_or(ROWS_PER_PAGE_DEFAULT);
        if !(1..=REQUESTS_PER_PAGE_MAX).contains(&limit) {
            let message = format!("limit must be 1 to {REQUESTS_PER_PAGE_MAX}, not {limit}");
            return Err(Refusal::of(Kind::BadRequest, message).with_param("limit"));
        }
        Ok(RequestQuery {
            call_id: read("call_id", self.call_id, CallId::parse, "32 hexadecimal digits")?,
            request_id: self.request_id,
            key: self.key,
            organisations: match reach {
                Reach::All => None,
                Reach::Within(organisations) => Some(organisations.into()),
            },
            organisation: self.organisation,
            project: self.project,
            model: self.model,
            provider: self.provider,
            status: read("status", self.status, StatusWish::parse, "a status such as 429, or 4xx")?,
            from: read("from", self.from, Timestamp::parse, MOMENT)?,
            to: read("to", self.to, Timestamp::parse, MOMENT)?,
            after: read("after", self.after, CallId::parse, "the next_after of a page before")?,
            limit,
        })
    }
}
