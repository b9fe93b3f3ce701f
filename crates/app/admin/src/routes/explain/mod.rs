//! What would become of a request.

mod ask;

use axum::routing::post;
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[(Method::POST, "/explain", || post(ask::ask))];
