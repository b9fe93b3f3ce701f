//! The configuration: what is in force, what was, and taking another.

mod difference;
mod reload;
mod revert;
mod show;
mod versions;

use axum::routing::{get, post};
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::POST, path: "/reload", needs: Needs::Operator, answer: || post(reload::reload) },
    Route { method: Method::GET, path: "/config", needs: Needs::Operator, answer: || get(show::show) },
    Route {
        method: Method::GET,
        path: "/config/versions",
        needs: Needs::Operator,
        answer: || get(versions::versions),
    },
    Route {
        method: Method::GET,
        path: "/config/difference",
        needs: Needs::Operator,
        answer: || get(difference::difference),
    },
    Route {
        method: Method::POST,
        path: "/config/revert",
        needs: Needs::Operator,
        answer: || post(revert::revert),
    },
];
