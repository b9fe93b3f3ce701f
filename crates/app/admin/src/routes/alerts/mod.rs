//! Alerts: what is bad, what is not told for a while, what was told to whom, and whether channels work.

mod deliveries;
mod list;
mod refusal;
mod silence;
mod test;
mod unsilence;

use axum::routing::{delete, get, post};
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::GET, path: "/alerts", needs: Needs::Operator, answer: || get(list::list) },
    Route {
        method: Method::GET,
        path: "/alerts/deliveries",
        needs: Needs::Operator,
        answer: || get(deliveries::list),
    },
    Route { method: Method::POST, path: "/alerts/test", needs: Needs::Operator, answer: || post(test::test) },
    Route {
        method: Method::POST,
        path: "/alerts/silences",
        needs: Needs::Operator,
        answer: || post(silence::silence),
    },
    Route {
        method: Method::DELETE,
        path: "/alerts/silences/{number}",
        needs: Needs::Operator,
        answer: || delete(unsilence::unsilence),
    },
];
