//! Regions and providers in figures.

mod show;

use axum::routing::get;
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[(Method::GET, "/stats", || get(show::show))];
