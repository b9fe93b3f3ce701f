//! `GET /admin/v1/audit`: who changed what, the newest first, page by page; all of it, or what a filter lets through. A user
//! sees what concerns the organisations that he runs.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::{Kind, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{AUDIT_PER_PAGE_MAX, AuditEntry, AuditFilter};

use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

const ENTRIES_PER_PAGE_DEFAULT: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    before: Option<i64>,
    limit: Option<u32>,
    action: Option<String>,
    subject: Option<String>,
    actor: Option<String>,
    organisation: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Listing {
    audit: Vec<Value>,
    /// Where the next page begins; null on the last one.
    next_before: Option<i64>,
}

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Listing>, Refusal> {
    let Query(page) = page.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let limit = page.limit.unwrap_or(ENTRIES_PER_PAGE_DEFAULT);
    if !(1..=AUDIT_PER_PAGE_MAX).contains(&limit) {
        let message = format!("limit must be 1 to {AUDIT_PER_PAGE_MAX}, not {limit}");
        return Err(Refusal::of(Kind::BadRequest, message).with_param("limit"));
    }
    let before = page.before;
    let entries = parts.audit.search(&visitor.reach, &page.filter()?, before, limit).await;
    let entries = entries.map_err(|error| Refusal::of(Kind::Internal, error.to_string()))?;
    let next_before = entries.last().filter(|_| entries.len() == limit as usize).map(|entry| entry.number);
    Ok(Json(Listing { audit: entries.iter().map(AuditEntry::json).collect(), next_before }))
}

impl Page {
    fn filter(self) -> Result<AuditFilter, Refusal> {
        let Self { action, subject, actor, organisation, from, to, .. } = self;
        let organisation = organisation.map(|text| {
            let not_an_id = || refused("organisation", &text, "an id of an organisation");
            OrganisationId::parse(&text).ok_or_else(not_an_id)
        });
        let (organisation, from, to) = (organisation.transpose()?, moment("from", from)?, moment("to", to)?);
        Ok(AuditFilter { action, subject, actor, organisation, from, to })
    }
}

fn moment(param: &'static str, text: Option<String>) -> Result<Option<Timestamp>, Refusal> {
    let read = |text: String| {
        let expected = "a date or a time in UTC such as 2026-11-27 or 2026-11-27T09:30:00Z";
        Timestamp::parse(&text).ok_or_else(|| refused(param, &text, expected))
    };
    text.map(read).transpose()
}

fn refused(param: &'static str, found: &str, expected: &str) -> Refusal {
    Refusal::of(Kind::BadRequest, format!("{param} must be {expected}, not {found:?}")).with_param(param)
}
