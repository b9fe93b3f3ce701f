//! Who changed what.

mod list;

use axum::routing::get;
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] =
    &[Route { method: Method::GET, path: "/audit", needs: Needs::Operator, answer: || get(list::list) }];
