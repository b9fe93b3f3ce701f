//! Balance and usage in the shapes that clients of one-api and new-api read: what is left is the limit less what was used.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use domain::{Kind, Money, Timestamp};
use http::header::CONTENT_TYPE;
use serde::Deserialize;

use super::caller::Caller;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// Over how many days usage is told where no dates are given; the limit has as many in it, so that the difference is what
/// is left. So long a range is the longest that OpenAI told.
const USAGE_DAYS_DEFAULT: i64 = 100;
/// Longest range.
const USAGE_DAYS_MAX: i64 = 366;
const DAY_MS: i64 = 86_400_000;
/// What clients take for no limit.
const NO_LIMIT: &str = "100000000";
/// Nano-units of a hundredth, and how many places those have.
const HUNDREDTH_NANO: u64 = 10_000_000;

#[derive(Debug, Deserialize)]
pub(crate) struct Dates {
    start_date: Option<String>,
    end_date: Option<String>,
}

pub(super) async fn subscription(
    State(parts): State<Arc<AdminParts>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Refusal> {
    let limit = match caller.payer(&parts.accounts) {
        None => NO_LIMIT.to_owned(),
        Some(payer) => {
            let used = parts.accounts.used(payer.account.purse(), usual((parts.clock)())).await?;
            let left = payer.cell.available().nano().saturating_add(payer.cell.held().nano());
            Money::from_nano(left.saturating_add(used.nano())).to_string()
        }
    };
    let until = caller.key.expires_at().map_or(0, Timestamp::unix_seconds);
    Ok(json(format!(
        r#"{{"object":"billing_subscription","has_payment_method":true,"soft_limit_usd":{limit},"hard_limit_usd":{limit},"system_hard_limit_usd":{limit},"access_until":{until}}}"#
    )))
}

pub(super) async fn usage(
    State(parts): State<Arc<AdminParts>>,
    Extension(caller): Extension<Caller>,
    Query(dates): Query<Dates>,
) -> Result<Response, Refusal> {
    let range = dates.range((parts.clock)())?;
    let used = match caller.payer(&parts.accounts) {
        None => Money::ZERO,
        Some(payer) => parts.accounts.used(payer.account.purse(), range).await?,
    };
    Ok(json(format!(r#"{{"object":"list","total_usage":{}}}"#, hundredths(used))))
}

impl Dates {
    /// From the beginning of the first day to that of the last, which is not in it, as OpenAI told it.
    fn range(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Refusal> {
        let (usual_from, usual_to) = usual(now);
        let to = read("end_date", self.end_date.as_deref())?.unwrap_or(usual_to);
        let from = read("start_date", self.start_date.as_deref())?.unwrap_or(usual_from);
        let days = (to.unix_ms() - from.unix_ms()) / DAY_MS;
        if !(0..=USAGE_DAYS_MAX).contains(&days) || to < from {
            let message = format!("from start_date to end_date are 0 to {USAGE_DAYS_MAX} days, not {days}");
            return Err(Refusal::of(Kind::BadRequest, message).with_param("start_date"));
        }
        Ok((from, to))
    }
}

/// The last days, today in full.
fn usual(now: Timestamp) -> (Timestamp, Timestamp) {
    let tomorrow = (now.unix_ms().div_euclid(DAY_MS) + 1) * DAY_MS;
    (Timestamp(tomorrow - USAGE_DAYS_DEFAULT * DAY_MS), Timestamp(tomorrow))
}

fn read(name: &'static str, given: Option<&str>) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = given else { return Ok(None) };
    // Some clients write 2026-1-5.
    let padded: Vec<String> = text.split('-').map(|part| format!("{part:0>2}")).collect();
    let read = Timestamp::parse(&format!("{}T00:00:00Z", padded.join("-")));
    read.map(Some).ok_or_else(|| {
        let message = format!("{name} must be a date such as 2026-11-27, not {text:?}");
        Refusal::of(Kind::BadRequest, message).with_param(name)
    })
}

/// An amount in hundredths, exactly.
fn hundredths(amount: Money) -> String {
    let (sign, nano) = (if amount.nano() < 0 { "-" } else { "" }, amount.nano().unsigned_abs());
    let (whole, rest) = (nano / HUNDREDTH_NANO, nano % HUNDREDTH_NANO);
    let places = format!("{rest:07}");
    let places = places.trim_end_matches('0');
    let point = if places.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{places}")
}

fn json(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use domain::{Money, Timestamp};

    use super::{Dates, hundredths};

    #[test]
    fn hundredths_are_exact() {
        for (amount, expected) in [
            ("0", "0"),
            ("12.34", "1234"),
            ("0.000000001", "0.0000001"),
            ("-0.005", "-0.5"),
            ("4000000000", "400000000000"),
        ] {
            assert_eq!(hundredths(Money::parse(amount).unwrap()), expected);
        }
    }

    #[test]
    fn ranges_are_of_whole_days() {
        let now = Timestamp::parse("2026-11-27T17:42:00Z").unwrap();
        let range = |start: Option<&str>, end: Option<&str>| {
            let dates = Dates { start_date: start.map(str::to_owned), end_date: end.map(str::to_owned) };
            dates.range(now).map(|(from, to)| (from.rfc3339(), to.rfc3339()))
        };
        let day = |text: &str| format!("{text}T00:00:00.000Z");
        assert_eq!(range(None, None), Ok((day("2026-08-20"), day("2026-11-28"))));
        assert_eq!(range(Some("2026-11-1"), Some("2026-12-01")), Ok((day("2026-11-01"), day("2026-12-01"))));
        for (start, end) in [
            ("2026-11-02", "2026-11-01"),
            ("2020-01-01", "2026-01-01"),
            ("2026-02-30", "2026-03-01"),
            ("x", "y"),
        ] {
            assert!(range(Some(start), Some(end)).is_err(), "{start}");
        }
    }
}
