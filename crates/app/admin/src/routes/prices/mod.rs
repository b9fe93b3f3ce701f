//! Prices: what is in force, what was, what would change, and the draft that waits.

mod approve;
mod check;
mod difference;
mod draft;
mod rate;
mod set;
mod show;
mod versions;

use axum::routing::{delete, get, post, put};
use http::Method;

use super::route::Route;

pub(super) const ROUTES: &[Route] = &[
    (Method::GET, "/prices", || get(show::show)),
    (Method::PUT, "/prices", || put(set::set)),
    (Method::GET, "/prices/versions", || get(versions::versions)),
    (Method::GET, "/prices/{version}", || get(show::version)),
    (Method::POST, "/prices/check", || post(check::check)),
    (Method::GET, "/prices/difference", || get(difference::difference)),
    (Method::POST, "/prices/rate", || post(rate::rate)),
    (Method::GET, "/prices/draft", || get(draft::show)),
    (Method::POST, "/prices/draft", || post(draft::keep)),
    (Method::DELETE, "/prices/draft", || delete(draft::drop)),
    (Method::POST, "/prices/draft/approve", || post(approve::approve)),
];
