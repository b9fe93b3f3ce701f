//! Orders that are paid by a transfer and confirmed by hand.

mod cancel;
mod confirm;
mod create;
mod list;
mod refusal;

use axum::routing::{get, post};
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::GET, path: "/orders", needs: Needs::Operator, answer: || get(list::list) },
    Route { method: Method::POST, path: "/orders", needs: Needs::Operator, answer: || post(create::create) },
    Route {
        method: Method::POST,
        path: "/orders/{number}/confirm",
        needs: Needs::Operator,
        answer: || post(confirm::confirm),
    },
    Route {
        method: Method::POST,
        path: "/orders/{number}/cancel",
        needs: Needs::Operator,
        answer: || post(cancel::cancel),
    },
];
