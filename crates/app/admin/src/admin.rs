//! The admin API as one value: a request in, an answer out. Where requests come from is not its business: the gateway
//! hands over those on its own port, `listen.rs` takes those on a port of the API's own.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::Request;
use store::{Deed, Who};
use tower_service::Service;

use crate::access::Actor;
use crate::callers::{self, Caller};
use crate::gate::Gate;
use crate::parts::AdminParts;
use crate::refusal;
use crate::routes;

/// With a request: where it comes from, by whoever knows that.
#[derive(Clone, Copy, Debug)]
pub struct FromAddress(pub IpAddr);

/// The admin API. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    gate: Arc<Gate>,
    parts: Arc<AdminParts>,
    router: Router,
    callers: Router,
}

impl Admin {
    /// Puts the API together.
    pub fn new(parts: AdminParts) -> Self {
        let gate = Gate::new(&parts.admin_key, parts.operator, parts.tenancy.users());
        let parts = Arc::new(parts);
        Self {
            gate: Arc::new(gate),
            router: routes::router(Arc::clone(&parts)),
            callers: callers::router(Arc::clone(&parts)),
            parts,
        }
    }

    /// Answers one request. Nothing behind the gate sees a request of nobody, not even to say that its path is unknown; and
    /// each route asks whether whoever it is may.
    pub async fn answer<B>(&self, mut request: Request<B>) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let request_id = refusal::request_id(request.headers());
        // Handlers see which request it is.
        refusal::name_request(request.headers_mut(), &request_id);
        let response = match self.gate.admit(request.headers(), (self.parts.clock)()) {
            Ok(actor) => {
                self.note_use(&actor, request.extensions().get::<FromAddress>().copied()).await;
                request.extensions_mut().insert(actor);
                match self.router.clone().call(request.map(Body::new)).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
            Err(refusal) => refusal.into_response(),
        };
        refusal::finish(response, &request_id)
    }

    /// Answers what a caller asks about his own money. Whoever hands it over has looked at his key.
    pub async fn answer_caller<B>(&self, caller: Caller, mut request: Request<B>) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let request_id = refusal::request_id(request.headers());
        refusal::name_request(request.headers_mut(), &request_id);
        request.extensions_mut().insert(caller);
        let response = match self.callers.clone().call(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        refusal::finish(response, &request_id)
    }

    /// That it could not be noted when a token was last used keeps nobody from using it, nor that a gift could not be given:
    /// that is tried with his next request.
    async fn note_use(&self, actor: &Actor, from: Option<FromAddress>) {
        if let Actor::User(user) = actor {
            let now = (self.parts.clock)();
            let _ = self.parts.tenancy.note_use(user, now).await;
            let who = Who { actor: "user token", by: Some(user.user.email.clone()), request_id: None };
            let deed = Deed { who, user: Some(user.user.id.clone()), at: now, reason: String::new() };
            let _ = self.parts.sign_ups.proved(user, from.map(|from| from.0), &deed).await;
        }
    }
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
