//! What calls that were made would have cost elsewhere.

mod ask;

use axum::routing::post;
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[Route {
    method: Method::POST,
    path: "/whatif",
    needs: Needs::To(Permission::SeeRequests),
    answer: || post(ask::ask),
}];
