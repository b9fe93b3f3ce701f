//! The admin API as one value: a request in, an answer out. Where requests come from is not its business: the gateway
//! hands over those on its own port, `listen.rs` takes those on a port of the API's own.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{Secret, Timestamp};
use http::Request;
use serde::Serialize;
use store::KeyDesk;
use tower_service::Service;

use crate::gate::Gate;
use crate::refusal;
use crate::routes;

/// What the admin API needs of the process it lives in.
pub struct AdminParts {
    /// Makes, lists and revokes callers' keys.
    pub key_desk: Arc<KeyDesk>,
    /// The one key that opens everything here.
    pub admin_key: Secret,
    /// Reads the configuration again and swaps it in, or says every problem and changes nothing.
    pub reload: Reload,
    /// The gateway's own state, without secrets.
    pub health: Box<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// The wall clock.
    pub clock: fn() -> Timestamp,
}

/// Starts a reload; calls may overlap, so it puts them in a row itself.
pub type Reload =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<ReloadReport, Vec<String>>> + Send>> + Send + Sync>;

/// What a reload did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReloadReport {
    /// Sections that differ and are in force now.
    pub changed: Vec<String>,
    /// Sections that differ but count from the next start only.
    pub needs_restart: Vec<String>,
}

/// The admin API. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    gate: Arc<Gate>,
    router: Router,
}

impl Admin {
    /// Puts the API together.
    pub fn new(parts: AdminParts) -> Self {
        Self { gate: Arc::new(Gate::new(&parts.admin_key)), router: routes::router(Arc::new(parts)) }
    }

    /// Answers one request. Nothing behind the gate sees a request that does not carry the admin key, not even to say
    /// that its path is unknown.
    pub async fn answer<B>(&self, request: Request<B>) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let request_id = refusal::request_id(request.headers());
        let response = match self.gate.admit(request.headers()) {
            Ok(()) => match self.router.clone().call(request.map(Body::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            Err(refusal) => refusal.into_response(),
        };
        refusal::finish(response, &request_id)
    }
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
