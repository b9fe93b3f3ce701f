//! Budgets: what may be spent in each day or month, by a key, a project or an organisation.

mod change;
mod list;
mod refusal;
mod remove;
mod set;
mod shown;

use axum::routing::{delete, get, patch, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/budgets",
        needs: Needs::To(Permission::SeeBudgets),
        answer: || get(list::list),
    },
    Route {
        method: Method::POST,
        path: "/budgets",
        needs: Needs::To(Permission::ManageBudgets),
        answer: || post(set::set),
    },
    Route {
        method: Method::PATCH,
        path: "/budgets/{number}",
        needs: Needs::To(Permission::ManageBudgets),
        answer: || patch(change::change),
    },
    Route {
        method: Method::DELETE,
        path: "/budgets/{number}",
        needs: Needs::To(Permission::ManageBudgets),
        answer: || delete(remove::remove),
    },
];
