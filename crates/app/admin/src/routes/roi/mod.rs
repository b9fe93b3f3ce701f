//! What a change of models is worth.

mod ask;

use axum::routing::post;
use http::Method;

use super::route::Route;
use crate::access::Needs;

pub(super) const ROUTES: &[Route] =
    &[Route { method: Method::POST, path: "/roi", needs: Needs::Operator, answer: || post(ask::ask) }];
