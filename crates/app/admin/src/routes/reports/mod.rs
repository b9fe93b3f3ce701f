//! Reports: what calls came to.

mod daily;
mod margin;
mod show;

use axum::routing::get;
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/reports",
        needs: Needs::To(Permission::SeeRequests),
        answer: || get(show::show),
    },
    Route {
        method: Method::GET,
        path: "/reports/daily",
        needs: Needs::To(Permission::SeeRequests),
        answer: || get(daily::show),
    },
    Route {
        method: Method::GET,
        path: "/reports/margin",
        needs: Needs::Operator,
        answer: || get(margin::show),
    },
];
