//! Asking a second target beside the first, who is late. Whoever begins to answer first is heard; the other is sent away at once:
//! dropping his attempt closes his connection. Why a second is asked is a value, and comes from a future: the race is the same
//! whatever the reason.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::HeaderValue;
use routing::health::{Fault, How, Trying};
use tokio::time::{Instant, sleep};
use upstream::Connection;

use crate::call::{Call, HedgeOutcome, Hedged};
use crate::limiting::{Used, end_credential, expected, pace};
use crate::pipeline::asking::Unanswered;
use crate::pipeline::attempts::Attempts;
use crate::pipeline::beginning::Begun;
use crate::pipeline::outgoing::{Outgoing, outgoing};
use crate::pipeline::path_watch::Lateness;
use crate::pipeline::question::Question;
use crate::pipeline::side_effects::may_be_asked_twice;
use crate::pipeline::targeted::{Targeted, outcome};

/// Why a second target is asked beside the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// The first is later than he usually is, or than was configured.
    Late,
    /// The network has not carried the request to him, as far as anybody knows.
    Unheard,
}

/// The first, and what he is asked.
pub(super) struct First<'a, 'p> {
    /// Whoever's answer comes of it stands here afterwards.
    pub(super) target: &'a mut Targeted,
    pub(super) sent: &'a mut Outgoing<'p>,
    pub(super) ready: Option<Connection>,
    /// Whether the request to him is late.
    pub(super) lateness: &'a Lateness,
}

/// How an attempt began to be answered, and what of the request was lost on its way.
type Answered = Result<Box<Begun>, Unanswered>;

/// Who ended the race.
enum Ended {
    First(Answered),
    /// With what of the request was lost on the way to him.
    Second(Answered, Option<HeaderValue>),
}

/// Rings when the first is late to answer, or his request to arrive.
pub(super) async fn late(after: Duration, lateness: &Lateness) -> Beside {
    match select(pin!(unheard(lateness)), pin!(sleep(after))).await {
        Either::Left((why, _)) => why,
        Either::Right(_) => Beside::Late,
    }
}

/// Rings when the request to the first is late to arrive.
pub(super) async fn unheard(lateness: &Lateness) -> Beside {
    lateness.rings().await;
    Beside::Unheard
}

impl Attempts {
    /// How long he is waited for before another is asked beside him; `None` where that is not done. Once for each call.
    pub(super) fn late_after(
        &self,
        question: &Question<'_>,
        target: &Targeted,
        behind: u32,
    ) -> Option<Duration> {
        let hedge = self.hedge.filter(|_| behind > 0)?;
        let Question { serving, prompt, .. } = *question;
        let is_streaming = prompt.deciding.is_streaming;
        let late_after = match hedge.after {
            Some(_) => None,
            None => serving.health.late_after(&target.target, question.model(), is_streaming),
        };
        let left = target.until.at.saturating_duration_since(target.began);
        hedge.after(late_after, serving.hedges).filter(|after| *after < left)
    }

    /// Asks the first, and another beside him once `trigger` says so.
    pub(super) async fn raced(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
        first: First<'_, '_>,
        trigger: impl Future<Output = Beside>,
    ) -> Answered {
        let First { target, sent, ready, lateness } = first;
        call.warnings = target.note_losses(call, sent);
        let (worker, request_id, heard) = (call.worker.clone(), call.request_id.clone(), call.heard.clone());
        let began = Instant::now();
        let raced = {
            let asking = target.asking(&worker, (&request_id, &heard), question, lateness);
            let mut asked = pin!(asking.ask(sent, question.headers, began, target.until, ready));
            match select(asked.as_mut(), pin!(trigger)).await {
                Either::Left((answered, _)) => Err(answered),
                Either::Right((why, _)) => match Box::pin(self.second(call, question, target, why)).await {
                    None => Err(asked.await),
                    // Boxed: what racing needs is not carried along by every call.
                    Some(second) => {
                        lateness.is_accompanied();
                        let first = (&*target, began, lateness);
                        Ok(Box::pin(self.both(call, question, first, asked, second)).await)
                    }
                },
            }
        };
        let ended = Instant::now();
        call.waited += ended - began;
        match raced {
            Ok((answered, Some(second))) => {
                *target = second;
                answered
            }
            Ok((answered, None)) => answered,
            Err(answered) => {
                let how = how(call, began, ended);
                if let Some(trying) = &mut call.trying {
                    trying.ended(outcome(answered.as_ref().err()), how);
                }
                answered
            }
        }
    }

    /// Who is asked beside the first, if anybody can be: one who is well and has room, also with his credential, for whom there is
    /// money.
    async fn second(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
        first: &Targeted,
        why: Beside,
    ) -> Option<(Targeted, Trying)> {
        let serving = question.serving;
        // Who is late to answer has been asked, and will be paid; a request that has not arrived has cost nothing yet.
        let budget = match why {
            Beside::Late => Some(&serving.hedge_budget),
            Beside::Unheard if may_be_asked_twice(question.prompt) => None,
            Beside::Unheard => return None,
        };
        let shard = &call.worker.shard;
        let now = call.worker.gateway.moment();
        if budget.is_some_and(|budget| !budget.take(now)) {
            shard.hedged(first.provider.slot, "no_budget");
            return None;
        }
        let Some(turn) = self.course.second(&serving.health, question.model(), now) else {
            if let Some(budget) = budget {
                budget.put_back();
                shard.hedged(first.provider.slot, "nobody");
            }
            return None;
        };
        let step = turn.step;
        let (second, trying) = self.targeted(question, turn, Instant::now());
        let costs = expected(question.prompt);
        let Ok(paced) = pace(&call.worker, &second.provider, second.target.line, costs).await else {
            trying.was_not_asked();
            self.course.give_back(second.place, step);
            if let Some(budget) = budget {
                budget.put_back();
                call.worker.shard.hedged(first.provider.slot, "nobody");
            }
            return None;
        };
        self.hedge = None;
        call.attempts += 1;
        call.fallback_attempts += 1;
        let (late, provider) = (first.provider.clone(), second.provider.clone());
        let (outcome, is_counted) = (HedgeOutcome::Unended, budget.is_some());
        call.hedged = Some(Box::new(Hedged { late, second: provider, outcome, is_counted, paced }));
        Some((second, trying))
    }

    /// Waits for both. Gives what comes of it, and the second if it comes from him.
    async fn both(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
        (first, began, lateness): (&Targeted, Instant, &Lateness),
        asked: Pin<&mut impl Future<Output = Answered>>,
        (second, trying): (Targeted, Trying),
    ) -> (Answered, Option<Targeted>) {
        // Taken by whoever falls: what is left in the end has answered, or is sent away.
        let mut first_runner = call.trying.take().map(|trying| Runner { trying, sent_at: Some(began) });
        let (mut trying, sent_at) = (Some(trying), Cell::new(None));
        let mut second_runner = || trying.take().map(|trying| Runner { trying, sent_at: sent_at.get() });
        let ended = {
            let call = &*call;
            let beside = pin!(ask_second(call, question, &second, &sent_at));
            match select(asked, beside).await {
                // He has failed while another is asked already: that one is the next attempt.
                Either::Left((Err(unanswered), beside))
                    if self.worth_another(question, &unanswered).is_some() =>
                {
                    self.fall(call, question, (first, first_runner.take()), unanswered);
                    let (answered, warnings) = beside.await;
                    Ended::Second(answered, warnings)
                }
                Either::Left((answered, _)) => Ended::First(answered),
                Either::Right(((Err(unanswered), _), asked)) => {
                    self.fall(call, question, (&second, second_runner()), unanswered);
                    lateness.is_alone();
                    Ended::First(asked.await)
                }
                Either::Right(((answered, warnings), _)) => Ended::Second(answered, warnings),
            }
        };
        match ended {
            Ended::First(answered) => {
                if sent_at.get().is_some() {
                    // His call has ended elsewhere.
                    question.serving.health.target(&second.target, question.model()).note_move();
                }
                let is_left = second_runner().map(|runner| self.send_away(call, second.place, runner));
                note_outcome(call, if is_left.is_some() { HedgeOutcome::Lost } else { HedgeOutcome::Failed });
                let is_asked = is_left.is_some() && sent_at.get().is_some();
                end_second(call, if is_asked { Used::Something(None) } else { Used::Nothing });
                call.trying = first_runner.and_then(|runner| runner.ended(call, answered.as_ref().err()));
                (answered, None)
            }
            Ended::Second(answered, warnings) => {
                note_outcome(call, if answered.is_ok() { HedgeOutcome::Won } else { HedgeOutcome::Failed });
                // Whoever is sent away has been asked, unless that is not known to have arrived.
                let is_asked = first_runner.is_some() && !lateness.is_late();
                end_credential(call, if is_asked { Used::Something(None) } else { Used::Nothing });
                call.paced = call.hedged.as_mut().and_then(|hedged| hedged.paced.take());
                match first_runner {
                    // It is not he who was slow.
                    Some(runner) if lateness.is_late() => {
                        let unanswered = Unanswered::unheard(first.provider.id(), began.elapsed());
                        self.fall(call, question, (first, Some(runner)), unanswered);
                    }
                    Some(runner) => self.send_away(call, first.place, runner),
                    None => {}
                }
                let trying = second_runner().and_then(|runner| runner.ended(call, answered.as_ref().err()));
                self.is_up(call, question, &second, trying);
                call.warnings = warnings;
                (answered, Some(second))
            }
        }
    }

    /// One of the two has failed, and the other is still waited for.
    fn fall(
        &mut self,
        call: &Call,
        question: &Question<'_>,
        (target, runner): (&Targeted, Option<Runner>),
        unanswered: Unanswered,
    ) {
        // What he says is the caller's mistake the other may see otherwise; he himself would say it again.
        let fault = self.worth_another(question, &unanswered).unwrap_or(Fault::Declined);
        if let Some(runner) = runner {
            runner.ended(call, Some(&unanswered));
        }
        self.course.fell(target.place, fault);
        self.note_failure(call, question, target, unanswered.failure);
    }

    /// The other has begun to answer: nothing more is wanted of this one.
    fn send_away(&mut self, call: &Call, place: usize, runner: Runner) {
        self.course.was_outrun(place);
        match runner.sent_at {
            Some(sent_at) => runner.trying.was_outrun(how(call, sent_at, Instant::now())),
            None => runner.trying.was_not_asked(),
        }
    }
}

/// One of the two, on his way.
struct Runner {
    trying: Trying,
    /// When the request left for him; nothing as long as it is being written.
    sent_at: Option<Instant>,
}

impl Runner {
    /// Tells his health how it went, if he was asked at all.
    fn ended(self, call: &Call, unanswered: Option<&Unanswered>) -> Option<Trying> {
        let Self { mut trying, sent_at } = self;
        let Some(sent_at) = sent_at else {
            trying.was_not_asked();
            return None;
        };
        trying.ended(outcome(unanswered), how(call, sent_at, Instant::now()));
        Some(trying)
    }
}

/// Writes the request for the second and asks him, while the first is waited for.
async fn ask_second(
    call: &Call,
    question: &Question<'_>,
    second: &Targeted,
    sent_at: &Cell<Option<Instant>>,
) -> (Answered, Option<HeaderValue>) {
    let written = outgoing(call, question, &second.target).await;
    let mut sent = match written {
        Ok(sent) => sent,
        Err(failure) => return (Err(failure.into()), None),
    };
    let warnings = second.note_losses(call, &sent);
    let ready = call.worker.client.take(&second.line().line);
    let began = Instant::now();
    sent_at.set(Some(began));
    // What the loser of a race has come to is no part of the answer.
    let (heard, lateness) = (Cell::new(None), Lateness::default());
    let asking = second.asking(&call.worker, (&call.request_id, &heard), question, &lateness);
    (asking.ask(&mut sent, question.headers, began, second.until, ready).await, warnings)
}

fn how(call: &Call, sent_at: Instant, ended: Instant) -> How {
    let now = call.worker.gateway.moment_of(ended);
    How { took: ended - sent_at, is_streaming: call.is_streaming, now }
}

/// Puts right what was taken for the second: he is not heard.
fn end_second(call: &mut Call, used: Used<'_>) {
    if let Some(paced) = call.hedged.as_mut().and_then(|hedged| hedged.paced.take()) {
        let gateway = &call.worker.gateway;
        paced.end(&gateway.limits, used, gateway.tick());
    }
}

fn note_outcome(call: &mut Call, outcome: HedgeOutcome) {
    if let Some(hedged) = &mut call.hedged {
        hedged.outcome = outcome;
    }
}
