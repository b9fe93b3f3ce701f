//! Which paths workers answer by themselves.

use http::Method;

use super::models;

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
