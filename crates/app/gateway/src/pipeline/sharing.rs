//! An answer that is kept, while it passes, for whoever asks the same. It is never held up for that. What does not come to its
//! end, or may not be told again, is not kept.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use dialects::Dialect;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tokio::time::Instant;

use crate::answer::AnswerBody;
use crate::cache::{CachePart, CachedAnswer, Fill};
use crate::call::Call;
use crate::clock::wall_clock;
use crate::gateway::Gateway;
use crate::pipeline::asked::Asked;
use crate::pipeline::flow::Flow;
use crate::pipeline::gathered::Gathered;
use crate::pipeline::hit::note;
use crate::pipeline::relay::{BrokenOff, relay};
use crate::pipeline::tellable::is_tellable;

/// What is told again of a head, besides what has the type of the body. All else is of the call that asked.
const HEADERS_TOLD: [&str; 5] = [
    "x-accel-buffering",
    "x-bellwether-model",
    "x-bellwether-provider",
    "x-bellwether-region",
    "x-bellwether-warnings",
];

/// An answer on its way, and what has passed of it.
#[derive(Debug)]
pub(crate) struct Sharing {
    flow: Flow,
    /// Nothing once it is settled that the answer is not kept.
    fill: Option<Fill>,
    gathered: Gathered,
    /// So much of it is kept.
    kept_bytes: Option<usize>,
    facts: Facts,
    gateway: Arc<Gateway>,
}

/// What is known of an answer when it begins.
#[derive(Debug)]
struct Facts {
    headers: Vec<(HeaderName, HeaderValue)>,
    is_stream: bool,
    dialect: Dialect,
    model: Box<str>,
    project: Box<str>,
    asked_at: Instant,
}

/// The answer of a provider to a call that has a part in the cache.
pub(super) fn answered(mut call: Box<Call>, part: CachePart, asked: Asked) -> Response<AnswerBody> {
    let gateway = call.worker.gateway.clone();
    let CachePart { state, fill } = part;
    let project = call.key.as_ref().map_or("", |key| key.project().as_str()).into();
    let (dialect, model, asked_at) = (call.dialect, call.model.as_str().into(), call.received);
    // An answer that was cut to what there was money for is its caller's own.
    let fill = fill.filter(|_| call.lowered_cap.is_none());
    call.cache = Some(Box::new(CachePart { state, fill: None }));
    let (mut parts, flow) = relay(call, asked).map(Flow::of).into_parts();
    note(&mut parts.headers, state, fill.as_ref().map(|fill| &fill.name));
    let Some(fill) = fill.filter(|_| parts.status == StatusCode::OK) else {
        return Response::from_parts(parts, AnswerBody::Flowing(flow));
    };
    let facts = Facts {
        headers: told_again(&parts.headers),
        is_stream: flow.known_length().is_none(),
        dialect,
        model,
        project,
        asked_at,
    };
    let bytes_max = gateway.serving.load().cache.settings.entry_bytes_max as usize;
    let gathered = Gathered::new(gateway.bodies.lease(), bytes_max);
    let sharing = Sharing { flow, fill: Some(fill), gathered, kept_bytes: None, facts, gateway };
    Response::from_parts(parts, AnswerBody::Shared(Box::new(sharing)))
}

impl Sharing {
    /// The next piece for the caller.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let piece = ready!(self.flow.poll_piece(cx));
        match &piece {
            Some(Ok(piece)) => self.gathered.add(piece),
            // Whoever waits asks by himself, one at a time.
            Some(Err(_)) => self.fill = None,
            None => {}
        }
        if self.fill.is_some() {
            if self.gathered.body().is_none() {
                self.give_up();
            } else if self.flow.is_told() {
                self.keep();
            }
        }
        Poll::Ready(piece)
    }

    pub(crate) fn is_end(&self) -> bool {
        self.flow.is_end()
    }

    /// How much is to come, where that can be known.
    pub(crate) fn known_length(&self) -> Option<u64> {
        self.flow.known_length()
    }

    /// Keeps what has passed, which is all of an answer, though some white space may follow.
    fn keep(&mut self) {
        let Some(body) = self.gathered.body() else { return };
        if self.kept_bytes == Some(body.len()) {
            return;
        }
        let Some(fill) = &mut self.fill else { return };
        let spend = self.flow.spend();
        let is_tellable = is_tellable(self.facts.dialect, body, fill.rule.keeps_tool_calls);
        let (true, Some(spend)) = (is_tellable, spend) else {
            self.give_up();
            return;
        };
        let Facts { headers, is_stream, model, project, asked_at, .. } = &self.facts;
        let answer = CachedAnswer {
            headers: headers.clone(),
            body: Bytes::copy_from_slice(body),
            is_stream: *is_stream,
            made_at: wall_clock(),
            ttl: fill.rule.ttl,
            took: asked_at.elapsed(),
            spend,
            model: model.clone(),
            project: project.clone(),
        };
        self.kept_bytes = Some(body.len());
        self.gateway.cache.keep(fill.name, answer);
        if let Some(seat) = fill.seat.take() {
            seat.end();
        }
    }

    /// It will not be kept: whoever waits for it asks by himself.
    fn give_up(&mut self) {
        if let Some(seat) = self.fill.take().and_then(|fill| fill.seat) {
            seat.end();
        }
    }
}

/// What of a head is told again.
fn told_again(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let is_told = |name: &HeaderName| {
        [CONTENT_TYPE, CACHE_CONTROL, CONTENT_LANGUAGE].contains(name) || HEADERS_TOLD.contains(&name.as_str())
    };
    headers
        .iter()
        .filter(|(name, _)| is_told(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
