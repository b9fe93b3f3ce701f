//! Callers' keys.

mod create;
mod list;
mod revoke;
mod view;

use axum::routing::{delete, get, post};
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[
    (Method::GET, "/keys", || get(list::list)),
    (Method::POST, "/keys", || post(create::create)),
    (Method::DELETE, "/keys/{id}", || delete(revoke::revoke)),
];
