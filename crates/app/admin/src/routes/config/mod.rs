//! The configuration in force.

mod reload;

use axum::routing::post;
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[(Method::POST, "/reload", || post(reload::reload))];
