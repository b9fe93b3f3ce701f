//! The answer of a provider to a call that has a part in the cache: its caller is told of that, and it is kept while it passes.

use http::{Response, StatusCode};

use crate::answer::AnswerBody;
use crate::cache::CachePart;
use crate::call::Call;
use crate::pipeline::asked::Asked;
use crate::pipeline::flow::Flow;
use crate::pipeline::hit::note;
use crate::pipeline::relay::relay;
use crate::pipeline::repeat;
use crate::pipeline::sharing::{AnswerFacts, Sharing};

/// The head of the answer, with the rest to follow.
pub(super) fn answered(mut call: Box<Call>, part: CachePart, asked: Asked) -> Response<AnswerBody> {
    let gateway = call.worker.gateway.clone();
    let CachePart { state, fill } = part;
    // A call with an idempotency key has nothing to do with the cache but to be told so: its answer is kept for its repeats.
    let claimed = repeat::claimed_by(&mut call);
    // An answer that was cut to what there was money for is its caller's own.
    let fill = fill.filter(|_| call.lowered_cap.is_none());
    call.cache = Some(Box::new(CachePart { state, fill: None }));
    let facts = AnswerFacts {
        dialect: call.dialect,
        model: call.model.as_str().into(),
        project: call.key.as_ref().map_or("", |key| key.project().as_str()).into(),
        at: call.received,
    };
    let (mut parts, flow) = relay(call, asked).map(Flow::of).into_parts();
    note(&mut parts.headers, state, fill.as_ref().map(|fill| &fill.name));
    let Some(fill) = fill.filter(|_| parts.status == StatusCode::OK) else {
        return repeat::kept(Response::from_parts(parts, flow), claimed);
    };
    let sharing = Sharing::new(flow, fill, facts, &parts.headers, gateway);
    Response::from_parts(parts, AnswerBody::Shared(sharing))
}
