//! Accounts: who pays for whose calls.

mod change;
mod correct;
mod create;
mod list;
mod refusal;
mod show;
mod shown;

pub(crate) use create::{amount, currency};
pub(crate) use shown::account;

use axum::routing::{get, patch, post};
use http::Method;

use super::route::Route;
use crate::access::{Needs, Permission};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/accounts",
        needs: Needs::To(Permission::SeeAccounts),
        answer: || get(list::list),
    },
    Route {
        method: Method::POST,
        path: "/accounts",
        needs: Needs::Operator,
        answer: || post(create::create),
    },
    Route {
        method: Method::GET,
        path: "/accounts/{number}",
        needs: Needs::To(Permission::SeeAccounts),
        answer: || get(show::show),
    },
    Route {
        method: Method::PATCH,
        path: "/accounts/{number}",
        needs: Needs::Operator,
        answer: || patch(change::change),
    },
    Route {
        method: Method::POST,
        path: "/accounts/{number}/credit",
        needs: Needs::Operator,
        answer: || post(correct::credit),
    },
    Route {
        method: Method::POST,
        path: "/accounts/{number}/debit",
        needs: Needs::Operator,
        answer: || post(correct::debit),
    },
];
