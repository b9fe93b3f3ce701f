//! Asking providers in the plan's order until one begins to answer. After the first byte of an answer there is no
//! other attempt: what follows is relayed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dialects::canonical::Losses;
use domain::{Failure, Kind, Secret};
use http::{HeaderMap, HeaderValue};
use routing::health::{Fault, How, Outcome, Trying};
use routing::{Circumstances, Course, Hedge, Onward, Plan, Target, Turn, span_of};
use tokio::time::sleep;
use upstream::{Connection, SendFailure};

use crate::call::Call;
use crate::overload::{next_turn, nobody_left};
use crate::pipeline::admit::Admitted;
use crate::pipeline::asking::{Asking, Unanswered, Until};
use crate::pipeline::beginning::Begun;
use crate::pipeline::connecting::{Reached, Search, reach};
use crate::pipeline::failures::Failures;
use crate::pipeline::hedge::{First, late, may_be_hedged};
use crate::pipeline::outgoing::{Outgoing, outgoing};
use crate::pipeline::understand::Prompt;
use crate::pipeline::unsealed::unsealed;
use crate::pipeline::watch::Watch;
use crate::serving::{ServedLine, ServedProvider, Serving};
use crate::worker::Worker;

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

/// What is asked. Lent to each search for an answer, never kept: the next may be for another request.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) serving: &'a Serving,
    /// Nobody is asked for a caller who was not let in.
    pub(crate) admitted: &'a Admitted,
    pub(crate) prompt: &'a Prompt,
    pub(crate) headers: &'a HeaderMap,
    /// The caller wants nothing lost, by his word for this call.
    pub(crate) is_strict: bool,
}

impl<'a> Question<'a> {
    /// The name that was asked for.
    pub(super) fn model(&self) -> &'a str {
        &self.prompt.deciding.model
    }

    pub(super) fn is_strict(&self) -> bool {
        self.is_strict || self.admitted.is_strict()
    }

    /// How large an answer may be. A stream says around every token what a whole answer says once.
    fn answer_bytes_max(&self) -> u64 {
        let whole = self.serving.limits.answer_bytes_max as u64;
        if self.prompt.deciding.is_streaming { whole.saturating_mul(STREAM_FACTOR) } else { whole }
    }
}

/// Asks one target after the other. Boxed: a future is moved each time it becomes part of another, and this is the largest.
pub(crate) async fn attempt(
    call: &mut Call,
    question: Question<'_>,
    plan: Plan,
    patience: Duration,
) -> Result<Answer, Box<Failure>> {
    let asking = async move {
        let mut attempts = Attempts::begin(call, &question, plan, patience);
        attempts.next_answer(call, &question).await
    };
    Box::pin(asking).await
}

/// The attempts of one call: who may yet be asked, and what went wrong so far. It owns all it keeps, so it can outlive an answer
/// that has begun.
pub(crate) struct Attempts {
    pub(super) course: Course,
    failures: Failures,
    /// Who was asked at first, and who last.
    asked_before: Option<(usize, usize)>,
    has_left_out_seals: bool,
    /// When another is asked beside who is late; nothing once it was done.
    pub(super) hedge: Option<Hedge>,
    /// How long the caller is made to wait for an answer to begin, and until when.
    patience: Duration,
    deadline: Instant,
}

impl Attempts {
    pub(crate) fn begin(call: &Call, question: &Question<'_>, plan: Plan, patience: Duration) -> Self {
        question.serving.retry_budget.call();
        let hedge = plan.route.manner.hedge.filter(|_| may_be_hedged(question.prompt));
        if hedge.is_some() {
            question.serving.hedge_budget.call();
        }
        Self {
            hedge,
            course: Course::of(plan, &question.serving.retry),
            failures: Failures::default(),
            asked_before: None,
            has_left_out_seals: false,
            patience,
            deadline: call.received + patience,
        }
    }

    /// Asks those who are left, one after the other, until one begins to answer.
    pub(crate) async fn next_answer(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
    ) -> Result<Answer, Box<Failure>> {
        let Question { serving, prompt, .. } = *question;
        let (asked, is_strict) = (question.model(), question.is_strict());
        while let Some((turn, began)) =
            next_turn(call, serving, &mut self.course, asked, self.deadline).await?
        {
            let Reached { turn, ready, began } = reach(self.search(call, question, began), turn).await;
            let behind = turn.behind;
            let (mut target, trying) = self.targeted(question, turn, began);
            self.note_begin(call, question, &target, trying);
            let mut answered = match ready {
                Ok(ready) => match outgoing(call, serving, prompt, &target.target, is_strict).await {
                    Ok(mut sent) => match self.late_after(question, &target, behind) {
                        None => target.ask(call, question, &mut sent, ready).await,
                        // Boxed: what racing needs is not carried along by every call.
                        Some(late_after) => {
                            let first = First { target: &mut target, sent: &mut sent, ready };
                            Box::pin(self.raced(call, question, first, late(late_after))).await
                        }
                    },
                    Err(failure) => Err(failure.into()),
                },
                Err(failure) => Err(target.unreached(call, &failure)),
            };
            if let Err(refused) = &answered
                && refused.refuses_seals
                && !self.has_left_out_seals
                // Boxed: it is rare, and its room is not carried along by every call.
                && let Some(mut sent) =
                    Box::pin(unsealed(call, serving, prompt, &target.target, is_strict)).await
            {
                self.has_left_out_seals = true;
                call.attempts += 1;
                self.note_failure(call, question, &target, refused.failure.clone());
                let ready = call.worker.client.take(&target.line().line);
                answered = Box::pin(target.ask(call, question, &mut sent, ready)).await;
            }
            let unanswered = match answered {
                Ok(begun) => return Ok(self.answer(question, target, begun)),
                Err(unanswered) => unanswered,
            };
            match self.onward(call, question, &target, unanswered)? {
                Onward::Next => {}
                Onward::Wait(wait, _waiting) => {
                    sleep(wait).await;
                    call.waited += wait;
                }
                Onward::Stop(_) => break,
            }
        }
        let now = call.worker.gateway.moment();
        let failures = std::mem::take(&mut self.failures);
        Err(failures.into_failure(|| nobody_left(&self.course, serving, asked, now)))
    }

    fn search<'s>(&'s mut self, call: &'s mut Call, question: &Question<'s>, began: Instant) -> Search<'s> {
        let Question { serving, .. } = *question;
        let (course, failures) = (&mut self.course, &mut self.failures);
        Search { call, serving, course, failures, asked: question.model(), began, deadline: self.deadline }
    }

    /// Whoever has the turn, as one who is asked.
    pub(super) fn targeted(&self, question: &Question<'_>, turn: Turn, began: Instant) -> (Targeted, Trying) {
        let Turn { place, behind, trying, .. } = turn;
        let target = self.course.plan().target(place).clone();
        let provider = question.serving.provider_of(&target).clone();
        let until = self.until(question, &target, began, behind);
        (Targeted { place, target, provider, began, until }, trying)
    }

    /// Somebody is asked now.
    fn note_begin(&mut self, call: &mut Call, question: &Question<'_>, target: &Targeted, trying: Trying) {
        call.attempts += 1;
        let is_fallback = self.is_up(call, question, target, Some(trying));
        call.fallback_attempts += u8::from(is_fallback);
    }

    /// It is his answer that is waited for. Gives whether he is another than the first.
    pub(super) fn is_up(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
        target: &Targeted,
        trying: Option<Trying>,
    ) -> bool {
        call.provider = Some(target.provider.clone());
        call.upstream_model.clone_from(&target.target.model);
        call.trying = trying;
        self.moves_on(target.place, question)
    }

    /// Whether it is somebody else's turn than at first; he whose turn it was last has been left, if it is another's now.
    fn moves_on(&mut self, place: usize, question: &Question<'_>) -> bool {
        let (first, last) = self.asked_before.unwrap_or((place, place));
        if last != place {
            let target = self.course.plan().target(last);
            question.serving.health.target(target, question.model()).note_move();
        }
        self.asked_before = Some((first, place));
        first != place
    }

    /// How long an attempt at a target may take of what the call has left.
    fn until(&self, question: &Question<'_>, target: &Target, began: Instant, behind: u32) -> Until {
        let is_streaming = question.prompt.deciding.is_streaming;
        let unusual = unusual_after(question.serving, question.prompt, target);
        let left = self.deadline.saturating_duration_since(began);
        let span = span_of(left, behind, target.attempt_limit(is_streaming), unusual);
        let limit = if span.is_whole { self.patience } else { span.limit };
        Until { at: began + span.limit, limit }
    }

    fn answer(&self, question: &Question<'_>, target: Targeted, begun: Begun) -> Answer {
        let Question { serving, prompt, .. } = *question;
        // Sound comes as fast as it is made: its silence is watched, like that of a stream.
        let is_whole = !prompt.deciding.is_streaming && !matches!(begun.watch, Watch::Anything);
        let total_until = target.target.total_limit().map(|limit| target.began + limit);
        let served = target.line();
        Answer {
            region: served.region.clone(),
            line: served.line.id(),
            credential: served.line.options().credential.clone(),
            whole_until: is_whole.then_some(self.deadline).into_iter().chain(total_until).min(),
            idle_limit: target.target.idle_limit().unwrap_or(serving.timeouts.idle),
            bytes_max: question.answer_bytes_max(),
            begun,
            provider: target.provider,
        }
    }

    /// What follows a failure; `Err` where the caller is to be told.
    fn onward(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
        target: &Targeted,
        unanswered: Unanswered,
    ) -> Result<Onward, Box<Failure>> {
        call.trying = None;
        let Some(fault) = self.worth_another(&unanswered) else { return Err(unanswered.failure) };
        self.note_failure(call, question, target, unanswered.failure);
        let gateway = &call.worker.gateway;
        let circumstances = Circumstances {
            health: &question.serving.health,
            rules: &question.serving.retry,
            budget: &question.serving.retry_budget,
            asked: question.model(),
            deadline: gateway.moment_of(self.deadline),
            now: gateway.moment(),
        };
        Ok(self.course.failed(target.place, fault, &circumstances, &mut call.worker.rng.borrow_mut()))
    }

    /// What is to be made of a failure that another target may not have; nothing where the caller is to be told.
    pub(super) fn worth_another(&self, unanswered: &Unanswered) -> Option<Fault> {
        let Unanswered { failure, fault, .. } = unanswered;
        if failure.kind == Kind::ContentRefused && self.course.plan().route.manner.goes_on_after_refusal {
            return Some(Fault::Declined);
        }
        // No such model there is not to say that there is none elsewhere.
        fault.filter(|fault| failure.kind.goes_elsewhere() || *fault == Fault::UnknownModel)
    }

    /// Counts what went wrong, and keeps it for the caller.
    pub(super) fn note_failure(
        &mut self,
        call: &Call,
        question: &Question<'_>,
        target: &Targeted,
        failure: Box<Failure>,
    ) {
        call.worker.shard.attempt_failed(target.provider.slot, failure.kind);
        self.failures.add(failure, &target.provider, target.model(question), target.began.elapsed());
    }
}

/// From when on silence is no longer thinking, as far as the target is known.
fn unusual_after(serving: &Serving, prompt: &Prompt, target: &Target) -> Option<Duration> {
    let (asked, is_streaming) = (&prompt.deciding.model, prompt.deciding.is_streaming);
    serving.health.unusual_after(target, asked, is_streaming, serving.silence_min)
}

/// One who is asked, and for how long.
pub(super) struct Targeted {
    pub(super) place: usize,
    pub(super) target: Target,
    pub(super) provider: Arc<ServedProvider>,
    pub(super) began: Instant,
    pub(super) until: Until,
}

impl Targeted {
    pub(super) fn line(&self) -> &ServedLine {
        &self.provider.lines[usize::from(self.target.line)]
    }

    pub(super) fn model<'a>(&'a self, question: &Question<'a>) -> &'a str {
        self.target.model.as_deref().unwrap_or(question.model())
    }

    pub(super) fn asking<'a>(
        &'a self,
        worker: &'a Worker,
        request_id: &'a HeaderValue,
        question: &Question<'a>,
    ) -> Asking<'a> {
        Asking {
            worker,
            request_id,
            model: self.model(question),
            provider: &self.provider,
            line: self.line(),
            bytes_max: question.answer_bytes_max(),
        }
    }

    async fn ask(
        &self,
        call: &mut Call,
        question: &Question<'_>,
        sent: &mut Outgoing<'_>,
        ready: Option<Connection>,
    ) -> Result<Begun, Unanswered> {
        call.warnings = self.note_losses(call, sent);
        let asking = self.asking(&call.worker, &call.request_id, question);
        let began = Instant::now();
        let answered = asking.ask(sent, question.headers, began, self.until, ready).await;
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

    /// Counts what of the request is lost on the way to him; the codes for the caller's eyes.
    pub(super) fn note_losses(&self, call: &Call, sent: &Outgoing<'_>) -> Option<HeaderValue> {
        sent.losses.told().iter().for_each(|loss| {
            call.worker.shard.lost(self.provider.slot, loss.feature.code());
        });
        told(&sent.losses)
    }
}

/// Tells the target's health how an attempt went.
fn note(call: &mut Call, unanswered: Option<&Unanswered>, took: Duration, ended: Instant) {
    let how = How { took, is_streaming: call.is_streaming, now: call.worker.gateway.moment_of(ended) };
    if let Some(trying) = &mut call.trying {
        trying.ended(outcome(unanswered), how);
    }
}

/// What an attempt says of who was asked.
pub(super) fn outcome(unanswered: Option<&Unanswered>) -> Outcome {
    unanswered.and_then(|unanswered| unanswered.fault).map_or(Outcome::Answered, Outcome::Fault)
}

/// The codes of what was lost, for the caller's eyes.
fn told(losses: &Losses) -> Option<HeaderValue> {
    let codes = losses.warnings();
    (!codes.is_empty()).then(|| HeaderValue::from_str(&codes.join(", ")).expect("codes are plain words"))
}
