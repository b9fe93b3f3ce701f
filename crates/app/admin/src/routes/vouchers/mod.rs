//! Vouchers: codes that are worth money once.

mod create;
mod list;
mod redeem;
mod refusal;
mod revoke;

use axum::routing::{get, post};
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::GET, path: "/vouchers", needs: Needs::Operator, answer: || get(list::list) },
    Route {
        method: Method::POST,
        path: "/vouchers",
        needs: Needs::Operator,
        answer: || post(create::create),
    },
    Route {
        method: Method::POST,
        path: "/vouchers/redeem",
        needs: Needs::Operator,
        answer: || post(redeem::redeem),
    },
    Route {
        method: Method::POST,
        path: "/vouchers/{number}/revoke",
        needs: Needs::Operator,
        answer: || post(revoke::revoke),
    },
];
