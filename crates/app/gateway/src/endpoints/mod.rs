//! What workers answer by themselves: health, metrics, models, prices, balances. None of it asks a provider.

mod balance;
mod endpoint;
mod health;
mod metrics;
mod models;
mod money_gauges;
mod on_show;
mod prices;

use domain::Failure;
use http::Response;

use crate::answer::AnswerBody;
use crate::call::Call;

pub(crate) use endpoint::{Endpoint, endpoint_at};

/// Answers at an endpoint.
pub(crate) fn answer(
    call: &mut Call,
    endpoint: Endpoint,
    head: &http::request::Parts,
) -> Result<Response<AnswerBody>, Box<Failure>> {
    if !matches!(endpoint, Endpoint::Models | Endpoint::Prices | Endpoint::Balance) {
        call.be_quiet();
    }
    match endpoint {
        Endpoint::Live => Ok(health::live()),
        Endpoint::Ready => Ok(health::ready(&call.worker.gateway)),
        Endpoint::Regions => Ok(health::regions(&call.worker.gateway)),
        Endpoint::Metrics => metrics::exposition(call, &head.headers),
        Endpoint::Models => models::list(call, head),
        Endpoint::Prices => prices::list(call, head),
        Endpoint::Balance => balance::show(call, head),
    }
}
