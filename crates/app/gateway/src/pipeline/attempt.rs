//! Asking providers in the plan's order until one begins to answer. After the first byte of an answer there is no
//! other attempt: what follows is relayed.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{AttemptNote, Failure, Kind, Phase};
use http::{HeaderMap, HeaderName};
use routing::{Plan, Target};
use tokio::time::timeout_at;
use upstream::{Reply, Request, SendFailure};

use crate::call::Call;
use crate::hygiene::passes_to_provider;
use crate::pipeline::admit::Admitted;
use crate::pipeline::splice::{json_string, splice};
use crate::pipeline::understand::Prompt;
use crate::pipeline::upstream_error::{from_answer, from_send};
use crate::serving::{ServedLine, ServedProvider, Serving};

/// Largest error answer that is read for its words.
const ERROR_BYTES_MAX: usize = 64 * 1024;
/// A rough count of prompt tokens, for choosing a time limit only.
const BYTES_PER_TOKEN: u64 = 4;

/// An answer that has begun.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    /// The first piece of its body; `None` if it has none.
    pub(crate) first: Option<Bytes>,
    pub(crate) provider: Arc<ServedProvider>,
    pub(crate) line: u16,
    /// When patience with a whole answer ends; a stream is watched for silence instead.
    pub(crate) whole_until: Option<Instant>,
    pub(crate) idle_limit: Duration,
    pub(crate) bytes_max: usize,
}

/// Asks one target after the other.
pub(crate) async fn attempt(
    call: &mut Call,
    serving: &Serving,
    _admitted: &Admitted,
    plan: Plan,
    prompt: &Prompt,
    headers: &HeaderMap,
) -> Result<Answer, Box<Failure>> {
    let limit = patience(serving, prompt);
    let deadline = call.received + limit;
    let mut notes = Vec::new();
    let mut last = None;
    let mut left = plan.attempts.len() as u32;
    for attempt in plan.attempts {
        let began = Instant::now();
        // Whoever is asked first must not use up the patience meant for all.
        let until = began + deadline.saturating_duration_since(began) / left;
        left -= 1;
        let provider = serving.providers[usize::from(attempt.target.provider)].clone();
        let line = &provider.lines[usize::from(attempt.target.line)];
        call.attempts += 1;
        call.provider = Some(provider.clone());
        call.upstream_model.clone_from(&attempt.target.model);
        let asked = ask(call, &provider, line, &attempt.target, prompt, headers, until).await;
        call.waited += began.elapsed();
        let failure = match asked {
            Ok((reply, first)) => {
                let whole_until = (!prompt.deciding.is_streaming).then_some(deadline);
                let line = attempt.target.line;
                return Ok(Answer {
                    reply,
                    first,
                    provider,
                    line,
                    whole_until,
                    idle_limit: serving.timeouts.idle,
                    bytes_max: serving.limits.answer_bytes_max,
                });
            }
            Err(failure) => failure,
        };
        if !failure.kind.goes_elsewhere() {
            return Err(failure);
        }
        call.worker.shard.attempt_failed(provider.slot, failure.kind);
        let model = attempt.target.model.as_deref().unwrap_or(&prompt.deciding.model).to_owned();
        let ms = began.elapsed().as_millis() as u64;
        notes.push(AttemptNote { provider: provider.id().to_owned(), model, kind: failure.kind, ms });
        last = Some(failure);
    }
    let mut failure =
        last.unwrap_or_else(|| Failure::new(Kind::NoTarget, "no target is configured for this model"));
    failure.attempts = notes;
    Err(failure)
}

/// How long the caller waits for the first token of a stream, or for a whole answer of this size.
fn patience(serving: &Serving, prompt: &Prompt) -> Duration {
    if prompt.deciding.is_streaming {
        return serving.timeouts.first_byte;
    }
    let prompt_tokens = prompt.length as u64 / BYTES_PER_TOKEN;
    serving.timeouts.answer_for(prompt_tokens.saturating_add(prompt.deciding.output_tokens_max.unwrap_or(0)))
}

/// One attempt, up to the first piece of the answer's body.
async fn ask(
    call: &Call,
    provider: &ServedProvider,
    line: &ServedLine,
    target: &Target,
    prompt: &Prompt,
    headers: &HeaderMap,
    until: Instant,
) -> Result<(Reply, Option<Bytes>), Box<Failure>> {
    let edited = edited(prompt, target);
    let request_id = HeaderName::from_static("x-request-id");
    let passing =
        headers.iter().filter(|(name, _)| passes_to_provider(name)).chain([(&request_id, &call.request_id)]);
    let request = Request::new(
        &line.line,
        "POST",
        prompt.operation.upstream_path(),
        passing,
        edited.as_deref().unwrap_or(&prompt.pieces),
    );
    let began = Instant::now();
    match timeout_at(until.into(), first_piece(call, provider, line, &request)).await {
        Ok(answered) => answered,
        Err(_) => {
            let limit = until.duration_since(began);
            let message = format!("{} did not answer within {} ms", provider.id(), limit.as_millis());
            Err(Failure::new(Kind::UpstreamTimeout(Phase::FirstByte), message).with_limit(limit))
        }
    }
}

async fn first_piece(
    call: &Call,
    provider: &ServedProvider,
    line: &ServedLine,
    request: &Request<'_>,
) -> Result<(Reply, Option<Bytes>), Box<Failure>> {
    let client = &call.worker.client;
    let sent = match client.send(&line.line, request, true).await {
        // The connection was closed for age while it idled: the provider has most likely not seen the request.
        Err(SendFailure::Broken { was_reused: true, .. }) => client.send(&line.line, request, false).await,
        sent => sent,
    };
    let mut reply = sent.map_err(|failure| {
        call.worker.note_send_failure(provider.id(), &failure);
        from_send(provider.id(), &failure)
    })?;
    if !reply.status.is_success() {
        let body = reply.body.collect(ERROR_BYTES_MAX).await.ok().flatten();
        return Err(from_answer(provider.id(), reply.status, &reply.headers, body.as_deref()));
    }
    let first = poll_fn(|cx| reply.body.poll_piece(cx)).await.transpose();
    let first = first.map_err(|_| {
        Failure::new(
            Kind::UpstreamFailed,
            format!("{}: the connection broke before an answer", provider.id()),
        )
    })?;
    Ok((reply, first))
}

/// The body with the target's own model name, where that differs from what the caller wrote.
fn edited(prompt: &Prompt, target: &Target) -> Option<Vec<Bytes>> {
    let name = target.model.as_deref().filter(|name| **name != *prompt.deciding.model)?;
    Some(splice(&prompt.pieces, prompt.deciding.model_span.clone(), json_string(name)))
}
