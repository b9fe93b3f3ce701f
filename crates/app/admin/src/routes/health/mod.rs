//! The gateway's own state.

mod show;

use axum::routing::get;
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] =
    &[Route { method: Method::GET, path: "/health", needs: Needs::Operator, answer: || get(show::show) }];
