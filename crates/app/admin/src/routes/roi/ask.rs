//! `POST /admin/v1/roi`: what a change of models is worth, where nothing is said by the list prices in force. Changes nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use ledger::prices::Book;
use ledger::roi::{Question, RoiProblem, RoiText, RoiTold};

use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn ask(
    State(parts): State<Arc<AdminParts>>,
    JsonBody(text): JsonBody<RoiText>,
) -> Result<Json<RoiTold>, Refusal> {
    // A book is large: it is looked at where it is.
    let book = parts.prices.book();
    let told = told(&text, std::slice::from_ref(&*book), (parts.clock)());
    told.map(Json).map_err(|problem| Refusal::of(Kind::BadRequest, problem.message).with_param(problem.field))
}

fn told(text: &RoiText, books: &[Book], now: domain::Timestamp) -> Result<RoiTold, RoiProblem> {
    Question::read(text, books, now)?.told()
}
