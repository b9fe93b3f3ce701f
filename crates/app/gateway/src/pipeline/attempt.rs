//! Asking providers in the plan's order until one begins to answer. After the first byte of an answer there is no
//! other attempt: what follows is relayed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dialects::canonical::Losses;
use domain::{Failure, Kind, Secret};
use http::{HeaderMap, HeaderValue};
use routing::health::{Fault, How, Outcome};
use routing::{Circumstances, Course, Onward, Plan, Span, Target, Turn, span_of};
use tokio::time::sleep;
use upstream::{Connection, SendFailure};

use crate::call::Call;
use crate::overload::{next_turn, nobody_left};
use crate::pipeline::admit::Admitted;
use crate::pipeline::asking::{Asking, Unanswered, Until};
use crate::pipeline::beginning::Begun;
use crate::pipeline::connecting::{Reached, Search, reach};
use crate::pipeline::failures::Failures;
use crate::pipeline::outgoing::{Outgoing, outgoing};
use crate::pipeline::patience::patience;
use crate::pipeline::understand::Prompt;
use crate::pipeline::unsealed::unsealed;
use crate::pipeline::watch::Watch;
use crate::pipeline::wishes::Wishes;
use crate::serving::{ServedLine, ServedProvider, Serving};

/// A stream may be so many times as large as an answer that is not streamed.
const STREAM_FACTOR: u64 = 16;

/// An answer that has begun, and what is known of it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) begun: Begun,
    pub(crate) provider: Arc<ServedProvider>,
    pub(crate) region: HeaderValue,
    /// By which line and credential it comes.
    pub(crate) line: u64,
    pub(crate) credential: Option<Secret>,
    /// When patience with a whole answer ends; a stream is watched for silence instead.
    pub(crate) whole_until: Option<Instant>,
    pub(crate) idle_limit: Duration,
    pub(crate) bytes_max: u64,
}

/// Asks one target after the other. Boxed: a future is moved each time it becomes part of another, and this is the largest.
pub(crate) async fn attempt(
    call: &mut Call,
    serving: &Serving,
    admitted: &Admitted,
    plan: Plan,
    prompt: &Prompt,
    wishes: (&HeaderMap, &Wishes<'_>),
) -> Result<Answer, Box<Failure>> {
    Box::pin(in_turn(call, serving, admitted, plan, prompt, wishes)).await
}

async fn in_turn(
    call: &mut Call,
    serving: &Serving,
    admitted: &Admitted,
    plan: Plan,
    prompt: &Prompt,
    (headers, wishes): (&HeaderMap, &Wishes<'_>),
) -> Result<Answer, Box<Failure>> {
    let limit = patience(serving, prompt, wishes);
    let deadline = call.received + limit;
    let (bytes_max, gateway) = (answer_bytes_max(serving, prompt), call.worker.gateway.clone());
    let is_strict = admitted.is_strict() || wishes.is_strict;
    serving.retry_budget.call();
    let asked = prompt.deciding.model.as_str();
    let (mut failures, mut course) = (Failures::default(), Course::of(plan, &serving.retry));
    let (mut has_left_out_seals, mut asked_before) = (false, None);
    while let Some((turn, began)) = next_turn(call, serving, &mut course, asked, deadline).await? {
        let found =
            Search { call, serving, course: &mut course, failures: &mut failures, asked, began, deadline };
        let Reached { turn: Turn { place, behind, trying, .. }, ready, began } = reach(found, turn).await;
        let target = course.plan().target(place).clone();
        let provider = serving.providers[usize::from(target.provider)].clone();
        call.attempts += 1;
        let is_fallback = moves_on(&mut asked_before, place, serving, course.plan(), asked);
        call.fallback_attempts += u8::from(is_fallback);
        call.provider = Some(provider.clone());
        call.upstream_model.clone_from(&target.model);
        call.trying = Some(trying);
        let line = &provider.lines[usize::from(target.line)];
        let span = span(serving, prompt, &target, deadline.saturating_duration_since(began), behind);
        let until = Until { at: began + span.limit, limit: if span.is_whole { limit } else { span.limit } };
        let way = Way { provider: &provider, line, bytes_max, until };
        let mut answered = match ready {
            Ok(ready) => match outgoing(call, serving, prompt, &target, is_strict).await {
                Ok(mut sent) => way.ask(call, &mut sent, headers, ready).await,
                Err(failure) => Err(failure.into()),
            },
            Err(failure) => Err(way.unreached(call, &failure)),
        };
        let model = target.model.as_deref().unwrap_or(asked);
        if let Err(refused) = &mut answered
            && refused.refuses_seals
            && !has_left_out_seals
            // Boxed: it is rare, and its room is not carried along by every call.
            && let Some(mut sent) = Box::pin(unsealed(call, serving, prompt, &target, is_strict)).await
        {
            has_left_out_seals = true;
            call.attempts += 1;
            call.worker.shard.attempt_failed(provider.slot, refused.failure.kind);
            failures.add(refused.failure.clone(), &provider, model, began.elapsed());
            let ready = call.worker.client.take(&line.line);
            answered = Box::pin(way.ask(call, &mut sent, headers, ready)).await;
        }
        let Unanswered { failure, fault, .. } = match answered {
            Ok(begun) => {
                let region = line.region.clone();
                // Sound comes as fast as it is made: its silence is watched, like that of a stream.
                let is_whole = !prompt.deciding.is_streaming && !matches!(begun.watch, Watch::Anything);
                let total_until = target.total_limit().map(|limit| began + limit);
                let whole_until = is_whole.then_some(deadline).into_iter().chain(total_until).min();
                let (line, credential) = (line.line.id(), line.line.options().credential.clone());
                let idle_limit = target.idle_limit().unwrap_or(serving.timeouts.idle);
                return Ok(Answer {
                    begun,
                    provider,
                    region,
                    line,
                    credential,
                    whole_until,
                    idle_limit,
                    bytes_max,
                });
            }
            Err(unanswered) => unanswered,
        };
        call.trying = None;
        let Some(fault) = worth_another(fault, &failure, course.plan()) else { return Err(failure) };
        call.worker.shard.attempt_failed(provider.slot, failure.kind);
        failures.add(failure, &provider, model, began.elapsed());
        let circumstances = Circumstances {
            health: &serving.health,
            rules: &serving.retry,
            budget: &serving.retry_budget,
            asked,
            deadline: gateway.moment_of(deadline),
            now: gateway.moment(),
        };
        let onward = course.failed(place, fault, &circumstances, &mut call.worker.rng.borrow_mut());
        match onward {
            Onward::Next => {}
            Onward::Wait(wait, _waiting) => {
                sleep(wait).await;
                call.waited += wait;
            }
            Onward::Stop(_) => break,
        }
    }
    Err(failures.into_failure(|| nobody_left(&course, serving, asked, gateway.moment())))
}

/// Whether it is somebody else's turn than at first; he whose turn it was last has been left, if it is another's now.
fn moves_on(
    asked_before: &mut Option<(usize, usize)>,
    place: usize,
    serving: &Serving,
    plan: &Plan,
    asked: &str,
) -> bool {
    let (first, last) = asked_before.unwrap_or((place, place));
    if last != place {
        serving.health.target(plan.target(last), asked).note_move();
    }
    *asked_before = Some((first, place));
    first != place
}

/// What is to be made of a failure that another target may not have; nothing where the caller is to be told.
fn worth_another(fault: Option<Fault>, failure: &Failure, plan: &Plan) -> Option<Fault> {
    if failure.kind == Kind::ContentRefused && plan.route.manner.goes_on_after_refusal {
        return Some(Fault::Declined);
    }
    fault.filter(|_| failure.kind.goes_elsewhere())
}

/// How long an attempt at a target may take of what the call has left.
fn span(serving: &Serving, prompt: &Prompt, target: &Target, left: Duration, behind: u32) -> Span {
    let unusual = unusual_after(serving, prompt, target);
    span_of(left, behind, target.attempt_limit(prompt.deciding.is_streaming), unusual)
}

/// From when on silence is no longer thinking, as far as the target is known.
fn unusual_after(serving: &Serving, prompt: &Prompt, target: &Target) -> Option<Duration> {
    let (asked, is_streaming) = (&prompt.deciding.model, prompt.deciding.is_streaming);
    serving.health.unusual_after(target, asked, is_streaming, serving.silence_min)
}

/// By which way a target is asked, and for how long.
struct Way<'a> {
    provider: &'a ServedProvider,
    line: &'a ServedLine,
    bytes_max: u64,
    until: Until,
}

impl Way<'_> {
    async fn ask(
        &self,
        call: &mut Call,
        sent: &mut Outgoing<'_>,
        headers: &HeaderMap,
        ready: Option<Connection>,
    ) -> Result<Begun, Unanswered> {
        sent.losses.told().iter().for_each(|loss| {
            call.worker.shard.lost(self.provider.slot, loss.feature.code());
        });
        call.warnings = told(&sent.losses);
        let asking = Asking { call, provider: self.provider, line: self.line, bytes_max: self.bytes_max };
        let began = Instant::now();
        let answered = asking.ask(sent, headers, began, self.until, ready).await;
        let ended = Instant::now();
        let took = ended - began;
        call.waited += took;
        note(call, answered.as_ref().err(), took, ended);
        answered
    }

    /// Nothing was sent: no connection came about.
    fn unreached(&self, call: &mut Call, failure: &SendFailure) -> Unanswered {
        call.worker.note_send_failure(self.provider.id(), failure);
        let unanswered = Unanswered::by_send(self.provider.id(), failure);
        note(call, Some(&unanswered), Duration::ZERO, Instant::now());
        unanswered
    }
}

/// Tells the target's health how an attempt went.
fn note(call: &mut Call, unanswered: Option<&Unanswered>, took: Duration, ended: Instant) {
    let how = How { took, is_streaming: call.is_streaming, now: call.worker.gateway.moment_of(ended) };
    let outcome =
        unanswered.and_then(|unanswered| unanswered.fault).map_or(Outcome::Answered, Outcome::Fault);
    if let Some(trying) = &mut call.trying {
        trying.ended(outcome, how);
    }
}

/// The codes of what was lost, for the caller's eyes.
fn told(losses: &Losses) -> Option<HeaderValue> {
    let codes = losses.warnings();
    (!codes.is_empty()).then(|| HeaderValue::from_str(&codes.join(", ")).expect("codes are plain words"))
}

/// How large an answer may be. A stream says around every token what a whole answer says once.
fn answer_bytes_max(serving: &Serving, prompt: &Prompt) -> u64 {
    let whole = serving.limits.answer_bytes_max as u64;
    if prompt.deciding.is_streaming { whole.saturating_mul(STREAM_FACTOR) } else { whole }
}
