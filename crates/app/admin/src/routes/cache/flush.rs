//! `POST /admin/v1/cache/flush`: drops kept answers, all of them or those of a model or a project. It is done when the audit
//! is written: what must not be told again does not wait for a disk.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use store::NewAuditEntry;

use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::cache_desk::{CacheChoice, CacheFlushed};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// Longest name of a model, and longest reason.
const WORDS_CHARS_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// By the name that callers ask for.
    model: Option<String>,
    /// By its id.
    project: Option<String>,
    reason: Option<String>,
    by: Option<String>,
}

pub(crate) async fn flush(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let Wish { model, project, reason, by } = wish;
    for (param, said) in [("model", &model), ("reason", &reason), ("by", &by)] {
        refuse_unusable(param, said.as_deref())?;
    }
    if let Some(project) = &project {
        // A mistyped one would flush nothing, and look as if it had.
        parts.tenancy.project(&visitor.reach, project).await?;
    }
    let deed = visitor.deed_said((parts.clock)(), Said { reason, by });
    let CacheFlushed { entries, bytes } =
        (parts.cache.flush)(CacheChoice { model: model.clone(), project: project.clone() });
    let entry = NewAuditEntry {
        at: deed.at,
        actor: deed.who.actor,
        by: deed.who.by,
        action: "cache.flush",
        subject: subject(model.as_deref(), project.as_deref()),
        organisation: None,
        before: json!({ "entries": entries, "bytes": bytes }).to_string(),
        after: json!({ "entries": 0, "bytes": 0 }).to_string(),
        reason: deed.reason,
        request_id: deed.who.request_id,
    };
    let audit = parts.audit.note(&entry).await.map_err(|error| {
        Refusal::of(
            Kind::Internal,
            format!("the answers are dropped, but the audit could not say so: {error}"),
        )
    })?;
    Ok(Json(
        json!({ "model": model, "project": project, "entries": entries, "bytes": bytes, "audit": audit }),
    ))
}

fn subject(model: Option<&str>, project: Option<&str>) -> String {
    match (model, project) {
        (None, None) => "everything".to_owned(),
        (Some(model), None) => format!("model {model}"),
        (None, Some(project)) => format!("project {project}"),
        (Some(model), Some(project)) => format!("model {model} of project {project}"),
    }
}

/// What would garble a listing.
fn refuse_unusable(param: &'static str, said: Option<&str>) -> Result<(), Refusal> {
    let is_usable = |text: &str| {
        !text.trim().is_empty()
            && text.chars().count() <= WORDS_CHARS_MAX
            && !text.chars().any(char::is_control)
    };
    if said.is_none_or(is_usable) {
        return Ok(());
    }
    let message = format!("{param} must be 1 to {WORDS_CHARS_MAX} characters without control characters");
    Err(Refusal::of(Kind::BadRequest, message).with_param(param))
}
