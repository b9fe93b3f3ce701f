//! `POST /admin/v1/whatif`: models in the place of others, over the calls of a time. Nothing is changed, and nobody is asked.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use ledger::prices::{Book, read};
use serde::Deserialize;
use serde_json::Value;

use crate::access::Visitor;
use crate::body::{JsonBody, PRICES_BODY_BYTES_MAX};
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::reporting::{Span, Step, Swap, WHATIF_BY, Wanted, days_before, notes, whatif};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wish {
    map: Vec<String>,
    /// Such as `30d`; instead of a beginning.
    window: Option<String>,
    from: Option<String>,
    to: Option<String>,
    tz: Option<String>,
    /// The text of a book, for other prices than those in force.
    prices: Option<String>,
    organisation: Option<String>,
    project: Option<String>,
    key: Option<String>,
    tag: Option<String>,
    provider: Option<String>,
}

pub(super) async fn ask(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish, PRICES_BODY_BYTES_MAX>,
) -> Result<Json<Value>, Refusal> {
    let now = (parts.clock)();
    let swaps = Swap::parse_all(&wish.map).map_err(|message| refused("map", message))?;
    let book = match &wish.prices {
        None => parts.prices.book(),
        Some(text) => Arc::new(book_of(text)?),
    };
    let mut wanted = Wanted {
        from: wish.from,
        to: wish.to,
        tz: wish.tz,
        organisation: wish.organisation,
        project: wish.project,
        key: wish.key,
        tag: wish.tag,
        provider: wish.provider,
        ..Wanted::default()
    };
    if let Some(window) = &wish.window {
        if wanted.from.is_some() {
            return Err(refused("window", "say either window, or from".to_owned()));
        }
        wanted.from = Some(days_before(&wanted.said(), window, now)?);
    }
    let span = Span::of(&wanted.said(), Step::Total, now, (parts.report_rules)().keep_hours_days)?;
    let mut query = wanted.query(&parts, &visitor.reach).await?;
    query.windows.clone_from(&span.windows);
    query.by = WHATIF_BY.to_vec();
    let report = parts.reports.report(&query, now).await?;
    let mut told = whatif(&report, &book, &swaps, now).map_err(|message| refused("map", message))?;
    (told["from"], told["to"]) = span.ends();
    told["notes"] = notes(&report, &span.zone).into();
    Ok(Json(told))
}

fn book_of(text: &str) -> Result<Book, Refusal> {
    read(text, &[]).map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        refused("prices", format!("prices has {} problems, the first: {first}", problems.len()))
    })
}

fn refused(param: &'static str, message: String) -> Refusal {
    Refusal::of(Kind::BadRequest, message).with_param(param)
}
