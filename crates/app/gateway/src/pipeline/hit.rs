//! A kept answer, told again: charged for where a share is configured, and else for nothing.

use std::sync::Arc;

use domain::{Failure, Kind, Money, Usage};
use http::header::AGE;
use http::{HeaderName, HeaderValue, Response};
use routing::CacheRule;
use store::RowCost;

use crate::answer::AnswerBody;
use crate::cache::{AnswerName, CachePart, CacheState, CachedAnswer, percent_of};
use crate::call::Call;
use crate::cost::{CallCost, is_nothing};
use crate::funds::Charge;
use crate::header_names;
use crate::limiting::{expected_of_kept, limit};
use crate::paying::Reserve;
use crate::pipeline::admit::{UNRECORDED, put_amount_aside};
use crate::pipeline::ending::until_safe;
use crate::pipeline::for_whom::for_whom;
use crate::pipeline::relay::milliseconds;
use crate::pipeline::retold::Retold;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::Serving;

/// Parsed once.
static CACHE_KEY: HeaderName = HeaderName::from_static("x-bellwether-cache-key");

/// A kept answer that a call is told, and what it costs.
pub(super) struct Hit {
    answer: Arc<CachedAnswer>,
    name: AnswerName,
    cost: CallCost,
}

/// Charges for a kept answer. `None` where it has a price and nobody knows it, or what it took: then it is asked for.
pub(super) async fn hit(
    call: &mut Call,
    (serving, prompt, wishes): (&Serving, &Prompt, &Wishes<'_>),
    answer: Arc<CachedAnswer>,
    (name, rule): (AnswerName, CacheRule),
) -> Result<Option<Hit>, Box<Failure>> {
    let book = call.worker.gateway.prices();
    let asked_for = answer.cost(&book, call.key.as_deref(), call.received_at);
    let cost = match asked_for {
        CallCost::Known(cost) => {
            // Nobody was asked, and nobody is paid.
            CallCost::Known(RowCost {
                list: Money::ZERO,
                price: percent_of(cost.price, rule.hit_percent),
                ..cost
            })
        }
        CallCost::Unknown if rule.hit_percent > 0 => return Ok(None),
        CallCost::Untold if rule.hit_percent > 0 && !is_nothing(&book) => return Ok(None),
        CallCost::Unknown | CallCost::Untold => CallCost::Untold,
    };
    limit(call, serving, expected_of_kept(prompt), for_whom(prompt, wishes)).await?;
    call.usage = Some(Usage::default());
    let price = cost.row().map_or(Money::ZERO, |cost| cost.price);
    if price > Money::ZERO {
        put_amount_aside(call, book, Reserve { amount: price, slice: price })?;
    }
    let slot = answer.spend.provider.slot;
    let charge = call.charge_kept(cost, slot);
    let is_safe = match &charge {
        Charge::Recorded(charged) => until_safe(charged, serving.ledger_level, &call.worker).await,
        Charge::Nothing | Charge::Unrecorded { .. } => !charge.is_missed(serving.ledger_level),
    };
    if !is_safe {
        return Err(Failure::new(Kind::Overloaded, UNRECORDED));
    }
    let saved = asked_for.row().map(|cost| (cost.list, cost.currency));
    let tally = &call.worker.gateway.cache.tally;
    tally.count(CacheState::Hit);
    tally.save(answer.took, saved);
    Ok(Some(Hit { answer, name, cost }))
}

/// Tells a kept answer.
pub(super) fn told(call: &mut Call, hit: &Hit) -> Response<AnswerBody> {
    const STATUS: u16 = 200;
    let Hit { answer, name, cost } = hit;
    call.count_as_running();
    call.cache = Some(Box::new(CachePart { state: CacheState::Hit, fill: None }));
    call.answer_begins(STATUS);
    call.bytes_out = answer.body.len() as u64;
    call.answered(STATUS, None);
    let mut response =
        Response::new(AnswerBody::Retold(Retold::shared(answer.body.clone(), answer.is_stream)));
    let headers = response.headers_mut();
    for (name, value) in &answer.headers {
        headers.append(name, value.clone());
    }
    // Its own limits are told beside what the answer is warned of.
    call.warnings = headers.remove(&header_names::WARNINGS);
    if let Some(warnings) = call.warnings_told() {
        headers.insert(header_names::WARNINGS.clone(), warnings);
    }
    headers.insert(AGE, HeaderValue::from(answer.age(call.received_at).as_secs()));
    headers.insert(header_names::ATTEMPTS.clone(), HeaderValue::from(0_u16));
    headers.insert(header_names::OVERHEAD.clone(), milliseconds(call.added));
    if let Some((amount, currency)) = cost.headers() {
        headers.insert(header_names::COST.clone(), amount);
        if let Some(currency) = currency {
            headers.insert(header_names::COST_CURRENCY.clone(), currency);
        }
    }
    call.tell_limits(headers);
    note(headers, CacheState::Hit, Some(name));
    response
}

/// Tells what a call made of the cache.
pub(super) fn note(headers: &mut http::HeaderMap, state: CacheState, name: Option<&AnswerName>) {
    headers.insert(header_names::CACHE.clone(), HeaderValue::from_static(state.name()));
    if let Some(name) = name {
        headers.insert(CACHE_KEY.clone(), name.told());
    }
}
