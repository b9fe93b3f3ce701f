//! Limits of use: how fast and how much at once, by a key, a project or an organisation, and who is on which plan.

mod list;
mod plans;
mod refusal;
mod remove;
mod set;
mod shown;

use axum::routing::{delete, get, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/limits",
        needs: Needs::To(Permission::SeeLimits),
        answer: || get(list::list),
    },
    Route {
        method: Method::GET,
        path: "/limits/plans",
        needs: Needs::To(Permission::SeeLimits),
        answer: || get(plans::plans),
    },
    Route {
        method: Method::POST,
        path: "/limits",
        needs: Needs::To(Permission::ManageLimits),
        answer: || post(set::set),
    },
    Route {
        method: Method::DELETE,
        path: "/limits/{number}",
        needs: Needs::To(Permission::ManageLimits),
        answer: || delete(remove::remove),
    },
];
