//! The connection that an attempt is made over. Where none is open, one is opened; where that is late, the next in the plan is
//! connected to beside it, and whoever is there first is asked. Nothing is sent here, so nothing can be done twice.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{LocalBoxFuture, ready};
use routing::health::{Fault, How, Outcome};
use routing::{Course, Turn, stand_in_after};
use tokio::time::{Instant, timeout_at};
use upstream::{Connection, SendFailure};

use crate::call::Call;
use crate::pipeline::asking::Unanswered;
use crate::pipeline::failures::Failures;
use crate::serving::{ServedLine, ServedProvider, Serving};

/// So many are connected to at a time, for one call.
const RACING_MAX: usize = 3;

/// Whose turn it is after all, and how he is asked.
pub(super) struct Reached {
    pub(super) turn: Turn,
    /// Over this connection; `None` where one is to be opened with the attempt. Or nobody could be reached, he last.
    pub(super) ready: Result<Option<Connection>, SendFailure>,
    /// When that was known.
    pub(super) began: Instant,
}

/// What a search for a connection depends on, and changes.
pub(super) struct Search<'a> {
    pub(super) call: &'a mut Call,
    pub(super) serving: &'a Serving,
    pub(super) course: &'a mut Course,
    pub(super) failures: &'a mut Failures,
    pub(super) asked: &'a str,
    pub(super) began: Instant,
    pub(super) deadline: Instant,
}

/// Finds a connection to him whose turn it is, or to somebody who is there sooner.
pub(super) async fn reach(search: Search<'_>, turn: Turn) -> Reached {
    let (_, line) = search.target_of(&turn);
    let open = search.call.worker.client.take(&line.line);
    if open.is_some() || turn.behind == 0 {
        return Reached { turn, ready: Ok(open), began: search.began };
    }
    // Boxed: what racing needs is not carried along by every call.
    Box::pin(search.race(turn)).await
}

/// Somebody who is being connected to.
struct Runner {
    turn: Turn,
    began: Instant,
    late_after: Option<Duration>,
    dialling: LocalBoxFuture<'static, Result<Connection, SendFailure>>,
}

/// Whom a late connection may be replaced by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StandIn {
    /// Who serves the same.
    Alike,
    /// Anybody in the plan.
    Anybody,
    /// There is nobody.
    Nobody,
}

impl Search<'_> {
    async fn race(mut self, first: Turn) -> Reached {
        let (began, step) = (self.began, first.step);
        let mut stand_in = StandIn::Alike;
        let mut runners = vec![self.start(first)];
        let (turn, ready, since) = loop {
            match timeout_at(self.wake_at(&runners, stand_in), first_to_end(&mut runners)).await {
                Ok((runner, Ok(connection))) => break (runner.turn, Ok(Some(connection)), runner.began),
                Ok((runner, Err(failure))) if runners.is_empty() => {
                    break (runner.turn, Err(failure), runner.began);
                }
                Ok((runner, Err(failure))) => self.fell(runner, &failure),
                Err(_) if Instant::now() >= self.deadline => {
                    let Runner { turn, began: since, .. } = runners.remove(0);
                    let failure = self.out_of_time(&turn, began.elapsed());
                    break (turn, Err(failure), since);
                }
                Err(_) => match self.beside((stand_in == StandIn::Alike).then_some(step)) {
                    Some(turn) => runners.push(self.start(turn)),
                    None if stand_in == StandIn::Alike => stand_in = StandIn::Anybody,
                    None => stand_in = StandIn::Nobody,
                },
            }
        };
        let ended = Instant::now();
        self.call.waited += ended - began;
        for late in runners.into_iter().rev() {
            self.course.give_back(late.turn.place, late.turn.step);
            // Who was begun before him has been left; who was begun after him was not needed.
            let is_left = late.began < since;
            if is_left {
                late.turn.trying.moved_on();
            }
            self.see_through(late, is_left);
        }
        Reached { turn, ready, began: ended }
    }

    /// When somebody else is to be connected to, or there is no time left.
    fn wake_at(&self, runners: &[Runner], stand_in: StandIn) -> Instant {
        match runners.last() {
            Some(newest) if stand_in != StandIn::Nobody && runners.len() < RACING_MAX => {
                let after = stand_in_after(newest.late_after, stand_in == StandIn::Alike);
                (newest.began + after).min(self.deadline)
            }
            _ => self.deadline,
        }
    }

    fn beside(&mut self, step: Option<u16>) -> Option<Turn> {
        let now = self.call.worker.gateway.moment();
        self.course.beside(step, &self.serving.health, self.asked, now)
    }

    fn start(&self, turn: Turn) -> Runner {
        let (_, line) = self.target_of(&turn);
        let client = &self.call.worker.client;
        let dialling = match client.take(&line.line) {
            Some(open) => Box::pin(ready(Ok(open))),
            None => client.connect(&line.line),
        };
        Runner { turn, began: Instant::now(), late_after: line.line.late_after(), dialling }
    }

    /// He cannot be reached, and another is on the way already.
    fn fell(&mut self, mut runner: Runner, failure: &SendFailure) {
        let provider = self.target_of(&runner.turn).0.clone();
        let call = &mut *self.call;
        call.worker.note_send_failure(provider.id(), failure);
        let Unanswered { failure, .. } = Unanswered::by_send(provider.id(), failure);
        call.attempts += 1;
        call.worker.shard.attempt_failed(provider.slot, failure.kind);
        let took = runner.began.elapsed();
        let how = How { took, is_streaming: call.is_streaming, now: call.worker.gateway.moment() };
        runner.turn.trying.ended(Outcome::Fault(Fault::Unreachable), how);
        runner.turn.trying.moved_on();
        let model = self.course.plan().target(runner.turn.place).model.as_deref().unwrap_or(self.asked);
        self.failures.add(failure, &provider, model, took);
        self.course.was_replaced();
    }

    /// Another was there sooner. What becomes of this connection is still worth knowing, and having.
    fn see_through(&self, runner: Runner, is_left: bool) {
        let (provider, _) = self.target_of(&runner.turn);
        let (provider, worker) = (provider.clone(), self.call.worker.clone());
        let (is_streaming, Runner { mut turn, began, dialling, .. }) = (self.call.is_streaming, runner);
        self.call.worker.spawn(async move {
            match dialling.await {
                Ok(connection) => {
                    worker.client.put_aside(connection);
                    if !is_left {
                        turn.trying.was_not_asked();
                    }
                }
                Err(failure) => {
                    worker.note_send_failure(provider.id(), &failure);
                    let Unanswered { failure, .. } = Unanswered::by_send(provider.id(), &failure);
                    worker.shard.attempt_failed(provider.slot, failure.kind);
                    let how = How { took: began.elapsed(), is_streaming, now: worker.gateway.moment() };
                    turn.trying.ended(Outcome::Fault(Fault::Unreachable), how);
                    if !is_left {
                        turn.trying.moved_on();
                    }
                }
            }
        });
    }

    fn out_of_time(&self, turn: &Turn, after: Duration) -> SendFailure {
        let (_, line) = self.target_of(turn);
        let host = line.line.base().host().to_owned();
        SendFailure::ConnectTimeout { host, limit_ms: after.as_millis() as u64 }
    }

    fn target_of(&self, turn: &Turn) -> (&Arc<ServedProvider>, &ServedLine) {
        let target = self.course.plan().target(turn.place);
        let provider = self.serving.provider_of(target);
        (provider, &provider.lines[usize::from(target.line)])
    }
}

async fn first_to_end(runners: &mut Vec<Runner>) -> (Runner, Result<Connection, SendFailure>) {
    poll_fn(|cx| {
        for place in 0..runners.len() {
            if let Poll::Ready(ended) = runners[place].dialling.as_mut().poll(cx) {
                return Poll::Ready((runners.remove(place), ended));
            }
        }
        Poll::Pending
    })
    .await
}
