//! Callers' keys.

mod change;
mod create;
mod id;
mod import;
mod list;
mod revoke;
mod rotate;
mod show;

use axum::routing::{delete, get, patch, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

const SEES: Needs = Needs::To(Permission::SeeKeys);
const MANAGES: Needs = Needs::To(Permission::ManageKeys);

pub(super) const ROUTES: &[Route] = &[
    Route { method: Method::GET, path: "/keys", needs: SEES, answer: || get(list::list) },
    Route { method: Method::POST, path: "/keys", needs: MANAGES, answer: || post(create::create) },
    Route { method: Method::POST, path: "/keys/import", needs: MANAGES, answer: || post(import::import) },
    Route { method: Method::GET, path: "/keys/{id}", needs: SEES, answer: || get(show::show) },
    Route { method: Method::PATCH, path: "/keys/{id}", needs: MANAGES, answer: || patch(change::change) },
    Route { method: Method::DELETE, path: "/keys/{id}", needs: MANAGES, answer: || delete(revoke::revoke) },
    Route {
        method: Method::POST,
        path: "/keys/{id}/rotate",
        needs: MANAGES,
        answer: || post(rotate::rotate),
    },
];
