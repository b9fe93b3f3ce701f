//! Callers' keys.

mod change;
mod create;
mod list;
mod models;
mod reach;
mod revoke;
mod view;

use axum::routing::{delete, get, patch, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/keys",
        needs: Needs::To(Permission::SeeKeys),
        answer: || get(list::list),
    },
    Route {
        method: Method::POST,
        path: "/keys",
        needs: Needs::To(Permission::ManageKeys),
        answer: || post(create::create),
    },
    Route {
        method: Method::PATCH,
        path: "/keys/{id}",
        needs: Needs::To(Permission::ManageKeys),
        answer: || patch(change::change),
    },
    Route {
        method: Method::DELETE,
        path: "/keys/{id}",
        needs: Needs::To(Permission::ManageKeys),
        answer: || delete(revoke::revoke),
    },
];
