//! Every route of the API: each noun lists its own, this lists the nouns. What is in no list does not exist.

mod accounts;
mod alerts;
mod audit;
mod budgets;
mod cache;
mod config;
mod explain;
mod health;
mod keys;
mod ledger;
mod limits;
mod me;
mod members;
mod orders;
mod organisations;
mod page;
mod prices;
mod projects;
mod providers;
mod reports;
mod requests;
mod roi;
mod route;
mod secrets;
mod stats;
#[cfg(test)]
pub(crate) mod tests;
mod users;
mod vouchers;
mod whatif;

use std::sync::Arc;

use axum::Router;
use domain::Kind;
use http::{Method, Uri};

use crate::parts::AdminParts;
use crate::refusal::Refusal;
use route::Route;

const PREFIX: &str = "/admin/v1";
const NOUNS: &[&[Route]] = &[
    health::ROUTES,
    stats::ROUTES,
    config::ROUTES,
    keys::ROUTES,
    prices::ROUTES,
    roi::ROUTES,
    providers::ROUTES,
    cache::ROUTES,
    secrets::ROUTES,
    audit::ROUTES,
    requests::ROUTES,
    reports::ROUTES,
    accounts::ROUTES,
    vouchers::ROUTES,
    orders::ROUTES,
    ledger::ROUTES,
    budgets::ROUTES,
    limits::ROUTES,
    alerts::ROUTES,
    explain::ROUTES,
    me::ROUTES,
    organisations::ROUTES,
    members::ROUTES,
    projects::ROUTES,
    users::ROUTES,
    whatif::ROUTES,
];

/// The lists as a service. The gate stands before it and says who asks; before each handler stands what its row needs.
pub(crate) fn router(parts: Arc<AdminParts>) -> Router {
    NOUNS
        .iter()
        .copied()
        .flatten()
        .fold(Router::new(), |router, route| {
            router.route(&format!("{PREFIX}{}", route.path), route.guarded())
        })
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(parts)
}

async fn unknown_path(uri: Uri) -> Refusal {
    Refusal::of(Kind::UnknownPath, format!("the admin API has no path {:?}", uri.path()))
}

async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    Refusal::of(Kind::WrongMethod, format!("the path {:?} does not answer to {method}", uri.path()))
}
