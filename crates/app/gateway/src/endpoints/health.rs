//! Health, for load balancers and people. No key is asked, no provider is called.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer::{AnswerBody, whole};
use crate::gateway::Gateway;
use crate::serving::Serving;

/// The process runs.
pub(super) fn live() -> Response<AnswerBody> {
    whole(StatusCode::OK, "application/json", r#"{"status":"ok"}"#)
}

/// It takes new work, until it drains.
pub(super) fn ready(gateway: &Gateway) -> Response<AnswerBody> {
    if gateway.is_draining() {
        whole(StatusCode::SERVICE_UNAVAILABLE, "application/json", r#"{"status":"draining"}"#)
    } else {
        whole(StatusCode::OK, "application/json", r#"{"status":"ok"}"#)
    }
}

/// This gateway's own region, and the regions its providers have.
pub(super) fn regions(gateway: &Gateway) -> Response<AnswerBody> {
    whole(StatusCode::OK, "application/json", gateway.health().to_string())
}

impl Gateway {
    /// What `/v1/health` says, with what only operators may know: keys and the configuration.
    pub fn health_for_operators(&self) -> Value {
        let mut health = self.health();
        health["providers"] = self.status.providers_json(&self.serving.load());
        health["config"] = self.status.config_json();
        health["switches"] = self.switches().iter().map(store::ProviderSwitch::json).collect();
        health
    }

    /// What `/v1/health` says.
    pub(crate) fn health(&self) -> Value {
        let serving = self.serving.load();
        json!({
            "status": if self.is_draining() { "draining" } else { "ok" },
            "region": text(&serving.region),
            "version": env!("CARGO_PKG_VERSION"),
            "uptime_seconds": self.started.elapsed().as_secs(),
            "workers": self.connections.len(),
            "regions": states(&serving),
        })
    }
}

/// Each region with the providers that have a line there. Health is not watched yet, and `unknown` says so.
fn states(serving: &Serving) -> Value {
    let mut regions = Map::new();
    for provider in &serving.providers {
        for line in &provider.lines {
            let entry = regions
                .entry(text(&line.region))
                .or_insert_with(|| json!({"status": "unknown", "providers": []}));
            if let Some(providers) = entry["providers"].as_array_mut()
                && !providers.iter().any(|known| known == provider.id())
            {
                providers.push(Value::from(provider.id()));
            }
        }
    }
    Value::Object(regions)
}

fn text(value: &http::HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}
