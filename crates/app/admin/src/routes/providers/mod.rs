//! Providers: what of them is switched off, and by whom.

mod check;
mod list;
mod switch;

use axum::routing::{get, post};
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::GET, path: "/providers", needs: Needs::Operator, answer: || get(list::list) },
    Route {
        method: Method::POST,
        path: "/providers/check",
        needs: Needs::Operator,
        answer: || post(check::check),
    },
    Route {
        method: Method::POST,
        path: "/providers/{id}/disable",
        needs: Needs::Operator,
        answer: || post(switch::disable),
    },
    Route {
        method: Method::POST,
        path: "/providers/{id}/drain",
        needs: Needs::Operator,
        answer: || post(switch::drain),
    },
    Route {
        method: Method::POST,
        path: "/providers/{id}/enable",
        needs: Needs::Operator,
        answer: || post(switch::enable),
    },
];
