//! Who changed what, and whether that is all as it was written.

mod list;
mod verify;

use axum::routing::get;
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/audit",
        needs: Needs::To(Permission::SeeAudit),
        answer: || get(list::list),
    },
    Route {
        method: Method::GET,
        path: "/audit/verify",
        needs: Needs::Operator,
        answer: || get(verify::verify),
    },
];
