//! Who belongs to an organisation, and as what.

mod add;
mod change;
mod list;
mod remove;

use axum::routing::{delete, get, patch, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/organisations/{id}/members",
        needs: Needs::To(Permission::SeeMembers),
        answer: || get(list::list),
    },
    Route {
        method: Method::POST,
        path: "/organisations/{id}/members",
        needs: Needs::To(Permission::ManageMembers),
        answer: || post(add::add),
    },
    Route {
        method: Method::PATCH,
        path: "/organisations/{id}/members/{user}",
        needs: Needs::To(Permission::ManageMembers),
        answer: || patch(change::change),
    },
    Route {
        method: Method::DELETE,
        path: "/organisations/{id}/members/{user}",
        needs: Needs::To(Permission::ManageMembers),
        answer: || delete(remove::remove),
    },
];
