//! `GET /admin/v1/ledger/statement`: what an account had at the beginning of a month, what came and went, and what it had at its
//! end; as JSON or as CSV.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use domain::{Kind, NANO};
use http::header::CONTENT_TYPE;
use ledger::{PurseStatement, Span, Standing, Statement, month};
use serde::Deserialize;
use serde_json::{Value, json};

use super::whose::account;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::wanted::read;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    account: Option<String>,
    month: Option<String>,
    format: Option<String>,
}

pub(super) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(wanted) = wanted.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let payer = account(&parts, &visitor.reach, wanted.account.as_deref()).await?;
    let this_month = (parts.clock)().rfc3339()[..7].to_owned();
    let named = wanted.month.unwrap_or(this_month);
    let span = read("month", Some(named.clone()), span, "a month such as 2026-11")?;
    let is_csv = read("format", wanted.format, is_csv, "json or csv")?.unwrap_or(false);
    let Some(span) = span else { return Err(Refusal::of(Kind::BadRequest, "no month is said")) };
    let statement = parts.accounts.statement(payer.account.number, span).await;
    let statement = statement.map_err(|error| Refusal::of(Kind::Internal, error.to_string()))?;
    Ok(if is_csv {
        ([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv(&statement)).into_response()
    } else {
        Json(as_json(&statement, &named)).into_response()
    })
}

fn span(text: &str) -> Option<Span> {
    let (year, number) = text.split_once('-')?;
    let are_digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let is_month = are_digits && year.len() == 4 && number.len() == 2;
    is_month.then(|| month(year.parse().ok()?, number.parse().ok()?)).flatten()
}

fn is_csv(text: &str) -> Option<bool> {
    match text {
        "csv" => Some(true),
        "json" => Some(false),
        _ => None,
    }
}

fn as_json(statement: &Statement, named: &str) -> Value {
    let purse = |purse: &PurseStatement| {
        let lines = purse.lines.iter().map(|line| {
            json!({
                "kind": line.kind.name(),
                "count": line.count,
                "paid": amount(line.sum.paid),
                "gifts": amount(line.sum.gifts),
            })
        });
        json!({
            "currency": purse.purse.currency.code(),
            "opening": standing(purse.opening),
            "lines": lines.collect::<Vec<_>>(),
            "closing": standing(purse.closing),
        })
    };
    json!({
        "account": statement.customer.0,
        "month": named,
        "from": statement.span.from.rfc3339(),
        "to": statement.span.to.rfc3339(),
        "currencies": statement.purses.iter().map(purse).collect::<Vec<_>>(),
    })
}

fn standing(standing: Standing) -> Value {
    json!({ "paid": amount(standing.paid), "gifts": amount(standing.gifts) })
}

/// A line for the opening, for each kind, and for the closing of each currency.
fn csv(statement: &Statement) -> String {
    let mut text = "account,from,to,currency,line,count,paid,gifts\n".to_owned();
    let (from, to) = (statement.span.from.rfc3339(), statement.span.to.rfc3339());
    let mut line = |currency: &str, name: &str, count: String, sum: Standing| {
        let (paid, gifts) = (amount(sum.paid), amount(sum.gifts));
        let account = statement.customer.0;
        text.push_str(&format!("{account},{from},{to},{currency},{name},{count},{paid},{gifts}\n"));
    };
    for purse in &statement.purses {
        let currency = purse.purse.currency;
        line(currency.code(), "opening", String::new(), purse.opening);
        for kind in &purse.lines {
            line(currency.code(), kind.kind.name(), kind.count.to_string(), kind.sum);
        }
        line(currency.code(), "closing", String::new(), purse.closing);
    }
    text
}

/// A plain decimal, also of a sum that is more than one balance may be.
fn amount(nano: i128) -> String {
    let (size, unit) = (nano.unsigned_abs(), u128::from(NANO.unsigned_abs()));
    let places = format!("{:09}", size % unit);
    let places = places.trim_end_matches('0');
    let (sign, point) = (if nano < 0 { "-" } else { "" }, if places.is_empty() { "" } else { "." });
    format!("{sign}{}{point}{places}", size / unit)
}

#[cfg(test)]
mod tests {
    use super::{amount, span};

    #[test]
    fn amounts_are_plain_decimals() {
        for (nano, text) in [(0, "0"), (-1, "-0.000000001"), (1_500_000_000, "1.5"), (7_000_000_000, "7")] {
            assert_eq!(amount(nano), text);
        }
        assert_eq!(amount(i128::from(i64::MAX) * 2), "18446744073.709551614");
    }

    #[test]
    fn only_months_are_months() {
        assert!(span("2026-11").is_some());
        for text in ["", "2026", "2026-13", "2026-1", "26-11", "2026-11-01", "+026-11"] {
            assert!(span(text).is_none(), "{text}");
        }
    }
}
