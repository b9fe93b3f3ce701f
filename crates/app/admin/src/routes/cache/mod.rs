//! Answers that are kept for whoever asks the same.

mod flush;
mod show;

use axum::routing::{get, post};
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::GET, path: "/cache", needs: Needs::Operator, answer: || get(show::show) },
    Route {
        method: Method::POST,
        path: "/cache/flush",
        needs: Needs::Operator,
        answer: || post(flush::flush),
    },
];
