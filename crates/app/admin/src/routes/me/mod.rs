//! Whoever asks.

mod show;

use axum::routing::get;
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] =
    &[Route { method: Method::GET, path: "/me", needs: Needs::Anybody, answer: || get(show::show) }];
