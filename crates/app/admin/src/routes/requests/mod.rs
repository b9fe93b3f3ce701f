//! Rows of calls.

mod list;

use axum::routing::get;
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[(Method::GET, "/requests", || get(list::list))];
