//! Was this asked before? A request with an idempotency key runs once; whoever sends it again gets the same answer, or is told
//! why there is none. What a key's standing means is decided in `domain`.

use domain::{Failure, Kind, Usage};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use observe::Level;
use routing::Ask;
use store::{ANSWER_BYTES_MAX, AnswerPlace, Claim, Claimed, KeptAnswer, ReadError, request_digest};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::answer::AnswerBody;
use crate::body_budget::BodyLease;
use crate::call::Call;
use crate::limiting::{expected_of_kept, limit};
use crate::pipeline::asked::Asked;
use crate::pipeline::flow::Flow;
use crate::pipeline::for_whom::for_whom;
use crate::pipeline::keeping::Keeping;
use crate::pipeline::key_use::{DISK_WAIT_MAX, TRY_WAIT, unkept};
use crate::pipeline::permit::permit_model;
use crate::pipeline::relay::relay;
use crate::pipeline::retold::Retold;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::repeats::Outcome;
use crate::serving::Serving;

/// Parsed once.
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer that is told again, with the memory that it takes.
pub(crate) type Again = (KeptAnswer, BodyLease);

/// The answer that was given before, if this is a repeat. A call that goes on has its key for itself. Boxed: few have one.
pub(super) async fn answered_before(
    call: &mut Call,
    asked: (&Serving, &Prompt, &Wishes<'_>),
) -> Result<Option<Again>, Box<Failure>> {
    if call.keyed.is_none() { Ok(None) } else { Box::pin(claim(call, asked)).await }
}

async fn claim(
    call: &mut Call,
    (serving, prompt, wishes): (&Serving, &Prompt, &Wishes<'_>),
) -> Result<Option<Again>, Box<Failure>> {
    // Another key of the project may be for less than the one that asked first.
    permit_model(call, &Ask::of(&call.model, call.is_streaming))?;
    let Call { keyed: Some(keyed), worker, method, path, .. } = call else { return Ok(None) };
    let repeats = &worker.gateway.repeats;
    let (Some(shelf), Some(body)) = (&repeats.shelf, &keyed.body) else { return Err(unkept()) };
    let request = request_digest(method.as_str(), path, body);
    let (outcome, refused) = match shelf.claim(keyed.name, request) {
        Claim::Anew(claimed) => {
            repeats.count(Outcome::Anew);
            keyed.claimed = Some(claimed);
            return Ok(None);
        }
        Claim::Replay(place) => {
            repeats.count(Outcome::Replayed);
            // It costs no tokens, but a request; and a disk is not read for who may not ask.
            limit(call, serving, expected_of_kept(prompt), for_whom(prompt, wishes)).await?;
            return read(call, place).await.map(Some);
        }
        Claim::Reused => (Outcome::Reused, reused()),
        Claim::InUse => (Outcome::InUse, in_use()),
        Claim::TooLarge => (Outcome::TooLarge, too_large()),
        Claim::Unknown => (Outcome::Unknown, unknown()),
    };
    repeats.count(outcome);
    Err(refused)
}

/// Reads an answer, on a thread that may wait for a disk.
async fn read(call: &Call, place: AnswerPlace) -> Result<Again, Box<Failure>> {
    let gateway = &call.worker.gateway;
    let mut memory = gateway.bodies.lease();
    if !memory.grow_to(place.bytes()) {
        let failure = Failure::new(Kind::Overloaded, "memory for bodies is used up");
        return Err(failure.with_retry_after(TRY_WAIT));
    }
    let Some(shelf) = gateway.repeats.shelf.clone() else { return Err(unkept()) };
    match timeout(DISK_WAIT_MAX, spawn_blocking(move || shelf.read(place))).await {
        Ok(Ok(Ok(kept))) => Ok((kept, memory)),
        // Its file went between the two: the next look finds a free key.
        Ok(Ok(Err(ReadError::Dropped))) => Err(in_use()),
        Ok(Ok(Err(damaged @ ReadError::Damaged(_)))) => {
            gateway.log.event(
                Level::Error,
                "an answer that was kept cannot be told",
                &[("reason", &damaged)],
            );
            Err(unknown())
        }
        Ok(Err(_)) | Err(_) => Err(unkept()),
    }
}

/// The answer of a provider, kept while it passes if its call has a key.
pub(super) fn answered(mut call: Box<Call>, asked: Asked) -> Response<AnswerBody> {
    let claimed = claimed_by(&mut call);
    kept(relay(call, asked).map(Flow::of), claimed)
}

/// The key under which the answer to a call is to be kept, if it has one, and the memory for that.
pub(super) fn claimed_by(call: &mut Call) -> Option<(Claimed, BodyLease)> {
    let claimed = call.keyed.as_mut()?.claimed.take()?;
    Some((claimed, call.worker.gateway.bodies.lease()))
}

/// An answer on its way, kept while it passes if there is a key for it.
pub(super) fn kept(answer: Response<Flow>, claimed: Option<(Claimed, BodyLease)>) -> Response<AnswerBody> {
    let Some((claimed, memory)) = claimed else { return answer.map(AnswerBody::Flowing) };
    let (parts, flow) = answer.into_parts();
    let keeping = Keeping::new(flow, claimed, (parts.status.as_u16(), &parts.headers), memory);
    Response::from_parts(parts, AnswerBody::Kept(keeping))
}

/// Tells an answer again, which costs nothing.
pub(super) fn again(call: &mut Call, (kept, memory): Again) -> Response<AnswerBody> {
    let KeptAnswer { status, is_stream, headers, body } = kept;
    if let Some(keyed) = &mut call.keyed {
        keyed.is_replay = true;
    }
    call.answer_begins(status);
    call.usage = Some(Usage::default());
    call.bytes_out = body.len() as u64;
    call.answered(status, None);
    let mut response = Response::new(AnswerBody::Retold(Retold::new(body, is_stream, memory)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    // What was left at the first time is long past.
    call.tell_limits(response.headers_mut());
    response.headers_mut().insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    response
}

fn reused() -> Box<Failure> {
    let message = "this idempotency key was used for another request (another body or path); send a new key";
    Failure::new(Kind::IdempotencyKeyReused, message).with_param("Idempotency-Key")
}

fn in_use() -> Box<Failure> {
    let message = "the first request with this idempotency key still runs; ask for its answer again soon";
    Failure::new(Kind::IdempotencyKeyInUse, message).with_retry_after(TRY_WAIT)
}

fn too_large() -> Box<Failure> {
    let message = format!(
        "the answer to this idempotency key was given once, and could not be kept: it is larger than {ANSWER_BYTES_MAX} bytes, or there was no memory for it; to ask again, and be charged again, send a new key"
    );
    Failure::new(Kind::IdempotencyAnswerTooLarge, message)
}

fn unknown() -> Box<Failure> {
    let message = "a provider was asked under this idempotency key, and no whole answer was kept: it was cut off, or this gateway was; what had been generated may have been charged; to ask again, and be charged again, send a new key";
    Failure::new(Kind::IdempotencyOutcomeUnknown, message)
}
