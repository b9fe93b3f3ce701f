//! Health, for load balancers and people. No key is asked, no provider is called.

use std::collections::BTreeMap;

use http::{Response, StatusCode};
use routing::Moment;
use routing::health::Reach;
use serde_json::{Value, json};

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
        health["paid_probes"] = self.status.paid_probes.json(self.serving.load().probes.paid.as_ref());
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
            "regions": states(&serving, self.moment()),
        })
    }
}

/// Each region with the providers that have a line there, and how its lines are doing.
fn states(serving: &Serving, now: Moment) -> Value {
    let mut regions: BTreeMap<&str, Region<'_>> = BTreeMap::new();
    for provider in &serving.providers {
        for line in &provider.lines {
            let region = regions.entry(text(&line.region)).or_default();
            region.reached.push(line.health.reach(now));
            region.has_ejected |= line.health.is_any_left_alone(&serving.health.rules, now);
            if !region.providers.contains(&provider.id()) {
                region.providers.push(provider.id());
            }
        }
    }
    let shown = regions.into_iter().map(|(name, region)| {
        let shown = json!({ "status": region.status(), "providers": region.providers });
        (name.to_owned(), shown)
    });
    Value::Object(shown.collect())
}

/// The lines that lead to one region.
#[derive(Default)]
struct Region<'s> {
    providers: Vec<&'s str>,
    reached: Vec<Reach>,
    /// A model is left alone there, or on trial.
    has_ejected: bool,
}

impl Region<'_> {
    fn status(&self) -> &'static str {
        let has = |reach| self.reached.contains(&reach);
        match (has(Reach::Answering), has(Reach::Unreachable)) {
            (false, true) if !has(Reach::Unknown) && !has(Reach::Doubtful) => "unreachable",
            (true, true) => "degraded",
            _ if self.has_ejected || has(Reach::Doubtful) => "degraded",
            (true, false) => "healthy",
            _ => "unknown",
        }
    }
}

fn text(value: &http::HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}
