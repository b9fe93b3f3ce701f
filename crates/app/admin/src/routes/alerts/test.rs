//! `POST /admin/v1/alerts/test`: a message to one channel or to all, now, and what each says to it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::AlertAsk;
use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// By its configured name; all if none is said.
    channel: Option<String>,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn test(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let Wish { channel, reason, by } = wish;
    let told = parts.alert_channels.ask(|reply| AlertAsk::Test(channel, reply)).await;
    let told = told.ok_or_else(|| {
        let message = "no server runs here, and it is a server that tells alerts";
        Refusal::special(StatusCode::CONFLICT, "no_server", message.to_owned())
    })?;
    let told = told.map_err(|why| Refusal::of(Kind::UnknownPath, why).with_code("channel_not_found"))?;
    let deed = visitor.deed_said((parts.clock)(), Said { reason, by });
    parts.alerts.note_test(&told, &deed).await?;
    Ok(Json(told))
}
