//! Projects: what keys are for.

mod archive;
mod change;
mod create;
mod list;
mod show;

use axum::routing::{get, patch, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/projects",
        needs: Needs::To(Permission::SeeProjects),
        answer: || get(list::list),
    },
    Route {
        method: Method::POST,
        path: "/projects",
        needs: Needs::To(Permission::ManageProjects),
        answer: || post(create::create),
    },
    Route {
        method: Method::GET,
        path: "/projects/{id}",
        needs: Needs::To(Permission::SeeProjects),
        answer: || get(show::show),
    },
    Route {
        method: Method::PATCH,
        path: "/projects/{id}",
        needs: Needs::To(Permission::ManageProjects),
        answer: || patch(change::change),
    },
    Route {
        method: Method::POST,
        path: "/projects/{id}/archive",
        needs: Needs::To(Permission::ManageProjects),
        answer: || post(archive::archive),
    },
];
