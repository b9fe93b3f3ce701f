//! Providers: what of them is switched off, and by whom.

mod check;
mod list;
mod switch;

use axum::routing::{get, post};
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[
    (Method::GET, "/providers", || get(list::list)),
    (Method::POST, "/providers/check", || post(check::check)),
    (Method::POST, "/providers/{id}/disable", || post(switch::disable)),
    (Method::POST, "/providers/{id}/drain", || post(switch::drain)),
    (Method::POST, "/providers/{id}/enable", || post(switch::enable)),
];
