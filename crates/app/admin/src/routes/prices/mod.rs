//! Prices: what is in force, what was, what would change, and the draft that waits.

mod approve;
mod check;
mod difference;
mod draft;
mod rate;
mod set;
mod show;
mod versions;

use axum::routing::{delete, get, post, put};
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::GET, path: "/prices", needs: Needs::Operator, answer: || get(show::show) },
    Route { method: Method::PUT, path: "/prices", needs: Needs::Operator, answer: || put(set::set) },
    Route {
        method: Method::GET,
        path: "/prices/versions",
        needs: Needs::Operator,
        answer: || get(versions::versions),
    },
    Route {
        method: Method::GET,
        path: "/prices/{version}",
        needs: Needs::Operator,
        answer: || get(show::version),
    },
    Route {
        method: Method::POST,
        path: "/prices/check",
        needs: Needs::Operator,
        answer: || post(check::check),
    },
    Route {
        method: Method::GET,
        path: "/prices/difference",
        needs: Needs::Operator,
        answer: || get(difference::difference),
    },
    Route { method: Method::POST, path: "/prices/rate", needs: Needs::Operator, answer: || post(rate::rate) },
    Route { method: Method::GET, path: "/prices/draft", needs: Needs::Operator, answer: || get(draft::show) },
    Route {
        method: Method::POST,
        path: "/prices/draft",
        needs: Needs::Operator,
        answer: || post(draft::keep),
    },
    Route {
        method: Method::DELETE,
        path: "/prices/draft",
        needs: Needs::Operator,
        answer: || delete(draft::drop),
    },
    Route {
        method: Method::POST,
        path: "/prices/draft/approve",
        needs: Needs::Operator,
        answer: || post(approve::approve),
    },
];
