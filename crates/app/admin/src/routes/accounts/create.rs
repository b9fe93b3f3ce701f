//! `POST /admin/v1/accounts`: makes one, for an organisation or for one of its projects.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::{Currency, Kind, Money};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::{NewAccount, WARN_BELOW_DEFAULT};

use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// By its id or its name.
    organisation: String,
    /// By its id or its name; all that have no account of their own if none is said.
    project: Option<String>,
    /// That of the prices if none is said.
    currency: Option<String>,
    /// How much it may owe.
    credit: Option<String>,
    warn_below: Option<String>,
}

pub(super) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let reach = &visitor.reach;
    let (organisation, project) = match &wish.project {
        None => (parts.tenancy.organisation(reach, &wish.organisation).await?.id, None),
        Some(project) => {
            let project = parts.tenancy.project_of(reach, &wish.organisation, project).await?;
            (project.organisation, Some(project.id))
        }
    };
    let currency = currency(&parts, wish.currency.as_deref())?;
    let credit = amount("credit", wish.credit.as_deref())?.unwrap_or(Money::ZERO);
    let warn_below = amount("warn_below", wish.warn_below.as_deref())?.unwrap_or(WARN_BELOW_DEFAULT);
    let made = NewAccount { organisation, project, currency, credit, warn_below };
    let payer = parts.accounts.create(made, &visitor.deed((parts.clock)())).await?;
    Ok((StatusCode::CREATED, Json(payer.json())))
}

/// A currency that is known; that of the prices if none is said.
pub(crate) fn currency(parts: &AdminParts, given: Option<&str>) -> Result<Currency, Refusal> {
    let Some(code) = given else { return Ok(parts.prices.book().currency()) };
    Currency::parse(code).ok_or_else(|| {
        let known: Vec<_> = Currency::KNOWN.iter().map(|known| known.code()).collect();
        let message = format!("currency must be one of {}, not {code:?}", known.join(", "));
        Refusal::of(Kind::BadRequest, message).with_param("currency")
    })
}

/// An amount as people write it: a decimal, in a text so that nobody makes a float of it.
pub(crate) fn amount(name: &'static str, given: Option<&str>) -> Result<Option<Money>, Refusal> {
    let Some(text) = given else { return Ok(None) };
    Money::parse(text).map(Some).ok_or_else(|| {
        let message = format!(
            "{name} must be a decimal in a text, with at most nine places and no more than 1000000000, such as \"12.5\", not {text:?}"
        );
        Refusal::of(Kind::BadRequest, message).with_param(name)
    })
}
