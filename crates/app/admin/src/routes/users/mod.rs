//! Users, and what they prove themselves with.

mod change;
mod create;
mod list;
mod show;
mod suspend;
mod tokens;

use axum::routing::{delete, get, patch, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/users",
        needs: Needs::To(Permission::SeeMembers),
        answer: || get(list::list),
    },
    Route { method: Method::POST, path: "/users", needs: Needs::Operator, answer: || post(create::create) },
    Route {
        method: Method::GET,
        path: "/users/{id}",
        needs: Needs::To(Permission::SeeMembers),
        answer: || get(show::show),
    },
    Route {
        method: Method::PATCH,
        path: "/users/{id}",
        needs: Needs::Operator,
        answer: || patch(change::change),
    },
    Route {
        method: Method::POST,
        path: "/users/{id}/suspend",
        needs: Needs::Operator,
        answer: || post(suspend::suspend),
    },
    Route {
        method: Method::POST,
        path: "/users/{id}/resume",
        needs: Needs::Operator,
        answer: || post(suspend::resume),
    },
    // Whose tokens are whose business hangs on the user asked about: the desk decides it.
    Route {
        method: Method::GET,
        path: "/users/{id}/tokens",
        needs: Needs::Anybody,
        answer: || get(tokens::list),
    },
    Route {
        method: Method::POST,
        path: "/users/{id}/tokens",
        needs: Needs::Anybody,
        answer: || post(tokens::create),
    },
    Route {
        method: Method::DELETE,
        path: "/users/{id}/tokens/{token}",
        needs: Needs::Anybody,
        answer: || delete(tokens::revoke),
    },
];
