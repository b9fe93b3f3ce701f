//! The books, for whoever wants to know what he was charged for what.

mod entries;
mod entry_json;
mod holds;
mod statement;
mod verify;
mod whose;

use axum::routing::{get, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/ledger/entries",
        needs: Needs::To(Permission::SeeAccounts),
        answer: || get(entries::list),
    },
    Route {
        method: Method::GET,
        path: "/ledger/holds",
        needs: Needs::To(Permission::SeeAccounts),
        answer: || get(holds::list),
    },
    Route {
        method: Method::GET,
        path: "/ledger/statement",
        needs: Needs::To(Permission::SeeAccounts),
        answer: || get(statement::show),
    },
    Route {
        method: Method::POST,
        path: "/ledger/verify",
        needs: Needs::Operator,
        answer: || post(verify::begin),
    },
    Route {
        method: Method::GET,
        path: "/ledger/verify",
        needs: Needs::Operator,
        answer: || get(verify::state),
    },
];
