//! `POST /admin/v1/accounts`: makes one, for an organisation or for one of its projects.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::{Currency, Kind, Money};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::{NewAccount, WARN_BELOW_DEFAULT};

use super::shown::account_json;
use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// By its id or its name.
    organisation: String,
    /// By its id; all that have no account of their own if none is said.
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
            let organisation = parts.tenancy.organisation(reach, &wish.organisation).await?.id;
            let project = parts.tenancy.project(reach, project).await?;
            if project.organisation != organisation {
                let message = format!("the project {} is not of the organisation {organisation}", project.id);
                return Err(Refusal::of(Kind::BadRequest, message).with_param("project"));
            }
            (organisation, Some(project.id))
        }
    };
    let currency = match &wish.currency {
        None => parts.prices.book().currency(),
        Some(code) => Currency::parse(code).ok_or_else(|| {
            let message =
                format!("currency must be a code of three capital letters such as USD, not {code:?}");
            Refusal::of(Kind::BadRequest, message).with_param("currency")
        })?,
    };
    let credit = amount("credit", wish.credit.as_deref())?.unwrap_or(Money::ZERO);
    let warn_below = amount("warn_below", wish.warn_below.as_deref())?.unwrap_or(WARN_BELOW_DEFAULT);
    let made = NewAccount { organisation, project, currency, credit, warn_below };
    let payer = parts.accounts.create(made, &visitor.deed((parts.clock)())).await?;
    Ok((StatusCode::CREATED, Json(account_json(&payer))))
}

/// An amount as people write it: a decimal, in a text so that nobody makes a float of it.
pub(super) fn amount(name: &'static str, given: Option<&str>) -> Result<Option<Money>, Refusal> {
    let Some(text) = given else { return Ok(None) };
    Money::parse(text).map(Some).ok_or_else(|| {
        let message = format!(
            "{name} must be a decimal in a text, with at most nine places, such as \"12.5\", not {text:?}"
        );
        Refusal::of(Kind::BadRequest, message).with_param(name)
    })
}
