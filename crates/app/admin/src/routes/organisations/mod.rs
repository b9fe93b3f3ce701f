//! Organisations: who pays.

mod change;
mod create;
mod list;
mod show;
mod suspend;

use axum::routing::{get, patch, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/organisations",
        needs: Needs::To(Permission::SeeOrganisations),
        answer: || get(list::list),
    },
    Route {
        method: Method::POST,
        path: "/organisations",
        needs: Needs::Operator,
        answer: || post(create::create),
    },
    Route {
        method: Method::GET,
        path: "/organisations/{id}",
        needs: Needs::To(Permission::SeeOrganisations),
        answer: || get(show::show),
    },
    Route {
        method: Method::PATCH,
        path: "/organisations/{id}",
        needs: Needs::To(Permission::ChangeOrganisations),
        answer: || patch(change::change),
    },
    Route {
        method: Method::POST,
        path: "/organisations/{id}/suspend",
        needs: Needs::Operator,
        answer: || post(suspend::suspend),
    },
    Route {
        method: Method::POST,
        path: "/organisations/{id}/resume",
        needs: Needs::Operator,
        answer: || post(suspend::resume),
    },
];
