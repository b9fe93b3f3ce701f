//! The gateway's own state.

mod show;

use axum::routing::get;
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[(Method::GET, "/health", || get(show::show))];
