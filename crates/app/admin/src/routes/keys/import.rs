//! `POST /admin/v1/keys/import`: takes keys over from elsewhere, all of them or none. Where they come from and how they were
//! written there is read by whoever asks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use http::StatusCode;
use serde_json::Value;

use crate::access::Visitor;
use crate::body::{ADMIN_IMPORT_BYTES_MAX, JsonBody};
use crate::key_wish::ImportWish;
use crate::parts::AdminParts;
use crate::plan_wish::permit_plans;
use crate::refusal::Refusal;

pub(crate) async fn import(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<ImportWish, ADMIN_IMPORT_BYTES_MAX>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let status = if wish.is_dry() { StatusCode::OK } else { StatusCode::CREATED };
    if wish.has_budgets() && visitor.is_user() {
        let message = "budgets that come with keys are the operator's to set; take the keys over without";
        return Err(Refusal::of(Kind::Forbidden, message).with_param("budget"));
    }
    permit_plans(&parts, &visitor, wish.plans())?;
    let told = wish.take_over((&parts.key_desk, &parts.budgets), &visitor.asker(), (parts.clock)()).await?;
    Ok((status, Json(told)))
}
