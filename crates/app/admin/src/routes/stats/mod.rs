//! Regions and providers in figures.

mod show;

use axum::routing::get;
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] =
    &[Route { method: Method::GET, path: "/stats", needs: Needs::Operator, answer: || get(show::show) }];
