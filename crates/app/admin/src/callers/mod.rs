//! What callers ask about their own money. The gateway has looked at their keys and says whose they are; no admin key opens
//! this, and a caller's key opens nothing else here.
//!
//! | method and path | answer |
//! |---|---|
//! | `GET /v1/dashboard/billing/subscription`, also without `/v1` | 200 `{"object": "billing_subscription", "hard_limit_usd", …}` |
//! | `GET /v1/dashboard/billing/usage?start_date=2026-11-01&end_date=2026-12-01`, both optional, also without `/v1` | 200 `{"object": "list", "total_usage"}`, in hundredths |
//! | `GET /v1/reports/daily?date=2026-11-27&tz=UTC`, both optional | 200 what the calls of the key's project came to in a day, or `{"error": "No data for today"}` |
//! | `POST /v1/vouchers/redeem` with `{"code": "BWV-…"}` | 200 `{"amount", "currency", "balance"}`; 400 `voucher_not_redeemable`; 429 |

mod billing;
mod caller;
mod redeem;
mod report;
mod tries;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};
use domain::Kind;
use http::{Method, Uri};

use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub use caller::Caller;
pub use tries::VOUCHER_TRIES_PER_MINUTE;

/// The paths as a service.
pub(crate) fn router(parts: Arc<AdminParts>) -> Router {
    Router::new()
        .route("/v1/dashboard/billing/subscription", get(billing::subscription))
        .route("/dashboard/billing/subscription", get(billing::subscription))
        .route("/v1/dashboard/billing/usage", get(billing::usage))
        .route("/dashboard/billing/usage", get(billing::usage))
        .route("/v1/reports/daily", get(report::daily))
        .route("/v1/vouchers/redeem", post(redeem::redeem))
        .layer(Extension(Arc::new(tries::Tries::default())))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(parts)
}

async fn unknown_path(uri: Uri) -> Refusal {
    Refusal::of(Kind::UnknownPath, format!("there is no path {:?} here", uri.path()))
}

async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    Refusal::of(Kind::WrongMethod, format!("the path {:?} does not answer to {method}", uri.path()))
}
