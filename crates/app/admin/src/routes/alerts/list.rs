//! `GET /admin/v1/alerts`: all alerts, those that are over lately too, and what is silent. With a running server also its channels,
//! and what is left on accounts at providers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::AlertAsk;
use crate::parts::AdminParts;

pub(super) async fn list(State(parts): State<Arc<AdminParts>>) -> Json<Value> {
    let mut shown = parts.alerts.shown((parts.clock)()).await;
    let running = parts.alert_channels.ask(AlertAsk::Show).await.unwrap_or_default();
    for field in ["channels", "upstream_balances"] {
        shown[field] = running[field].clone();
    }
    Json(shown)
}
