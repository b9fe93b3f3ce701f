//! Rows of calls.

mod list;

use axum::routing::get;
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[Route {
    method: Method::GET,
    path: "/requests",
    needs: Needs::To(Permission::SeeRequests),
    answer: || get(list::list),
}];
