//! One row of the list of routes, and what stands before its handler.

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use domain::Kind;
use http::Method;

use crate::access::{Actor, Needs, Visitor, admit};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// What there is. Nothing of it can be left out: what a route needs is said where the route is.
pub(crate) struct Route {
    pub(super) method: Method,
    /// Below `/admin/v1`.
    pub(super) path: &'static str,
    /// What whoever asks must have or be.
    pub(super) needs: Needs,
    /// What answers.
    pub(super) answer: fn() -> MethodRouter<Arc<AdminParts>>,
}

impl Route {
    /// The handler behind the question whether whoever asks may.
    pub(super) fn guarded(&self) -> MethodRouter<Arc<AdminParts>> {
        let (method, needs) = (self.method.clone(), self.needs);
        (self.answer)().route_layer(from_fn(move |request, next| guard(method.clone(), needs, request, next)))
    }
}

async fn guard(method: Method, needs: Needs, mut request: Request, next: Next) -> Response {
    // The gate has put him there.
    let Some(actor) = request.extensions_mut().remove::<Actor>() else {
        return Refusal::of(Kind::Unauthenticated, "nobody asks").into_response();
    };
    // A handler that answers to more than its row says is not let.
    let is_listed = request.method() == method || (method == Method::GET && request.method() == Method::HEAD);
    if !is_listed {
        return Refusal::of(Kind::WrongMethod, "no route is listed for this method").into_response();
    }
    match admit(needs, &actor) {
        Ok(reach) => {
            let visitor = Visitor::new(actor, reach, request.headers());
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}
