//! Callers' keys.

mod change;
mod create;
mod list;
mod models;
mod revoke;
mod view;

use axum::routing::{delete, get, patch, post};
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[
    (Method::GET, "/keys", || get(list::list)),
    (Method::POST, "/keys", || post(create::create)),
    (Method::PATCH, "/keys/{id}", || patch(change::change)),
    (Method::DELETE, "/keys/{id}", || delete(revoke::revoke)),
];
