//! What workers answer by themselves: health, metrics, models, prices, balances. None of it asks a provider.

mod balance;
mod health;
mod metrics;
mod models;
mod on_show;
mod prices;

use domain::Failure;
use http::{Method, Response};

use crate::answer::AnswerBody;
use crate::call::Call;

/// A path that is answered on the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Whether the process runs.
    Live,
    /// Whether it takes new work.
    Ready,
    /// Who it is, and the state of each region.
    Regions,
    Metrics,
    Models,
    Prices,
    Balance,
}

/// The endpoint at a path. Agents ask for the root's head before anything else, to see whether somebody is there.
pub(crate) fn endpoint_at(method: &Method, path: &str) -> Option<Endpoint> {
    match path {
        "/" if *method == Method::HEAD => Some(Endpoint::Live),
        "/v1/health" => Some(Endpoint::Regions),
        "/health" | "/health/live" | "/health/liveness" | "/health/liveliness" => Some(Endpoint::Live),
        "/health/ready" | "/health/readiness" => Some(Endpoint::Ready),
        "/metrics" | "/v1/metrics" => Some(Endpoint::Metrics),
        "/models" | "/v1/models" => Some(Endpoint::Models),
        "/prices" | "/v1/prices" => Some(Endpoint::Prices),
        "/balance" | "/v1/balance" => Some(Endpoint::Balance),
        _ if models::model_in(path).is_some() => Some(Endpoint::Models),
        _ => None,
    }
}

/// Answers at an endpoint.
pub(crate) fn answer(
    call: &mut Call,
    endpoint: Endpoint,
    head: &http::request::Parts,
) -> Result<Response<AnswerBody>, Box<Failure>> {
    if !matches!(endpoint, Endpoint::Models | Endpoint::Prices | Endpoint::Balance) {
        call.be_quiet();
    }
    match endpoint {
        Endpoint::Live => Ok(health::live()),
        Endpoint::Ready => Ok(health::ready(&call.worker.gateway)),
        Endpoint::Regions => Ok(health::regions(&call.worker.gateway)),
        Endpoint::Metrics => metrics::exposition(call, &head.headers),
        Endpoint::Models => models::list(call, head),
        Endpoint::Prices => prices::list(call, head),
        Endpoint::Balance => balance::show(call, head),
    }
}
