//! Secrets that the configuration names: set, listed without their values, removed, sealed anew. None is ever given out.

mod list;
mod remove;
mod rotate;
mod set;

use axum::routing::{delete, get, post, put};
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::GET, path: "/secrets", needs: Needs::Operator, answer: || get(list::list) },
    Route { method: Method::PUT, path: "/secrets/{name}", needs: Needs::Operator, answer: || put(set::set) },
    Route {
        method: Method::DELETE,
        path: "/secrets/{name}",
        needs: Needs::Operator,
        answer: || delete(remove::remove),
    },
    Route {
        method: Method::POST,
        path: "/secrets/rotate",
        needs: Needs::Operator,
        answer: || post(rotate::rotate),
    },
];
