//! The configuration: what is in force, what was, and taking another.

mod difference;
mod reload;
mod revert;
mod show;
mod versions;

use axum::routing::{get, post};
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[
    (Method::POST, "/reload", || post(reload::reload)),
    (Method::GET, "/config", || get(show::show)),
    (Method::GET, "/config/versions", || get(versions::versions)),
    (Method::GET, "/config/difference", || get(difference::difference)),
    (Method::POST, "/config/revert", || post(revert::revert)),
];
