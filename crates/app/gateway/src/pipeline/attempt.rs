//! Asking providers in the plan's order until one begins to answer. After the first byte of an answer there is no
//! other attempt: what follows is relayed.

use std::sync::Arc;
use std::time::Duration;

use domain::Failure;
use http::HeaderValue;
use routing::health::Fault;
use routing::{Onward, Plan};
use tokio::time::{Instant, sleep};

use crate::call::Call;
use crate::limiting::{expected, take_credential};
use crate::overload::{next_turn, nobody_left};
use crate::pipeline::asking::Unanswered;
use crate::pipeline::attempts::Attempts;
use crate::pipeline::beginning::Begun;
use crate::pipeline::connecting::{Reached, reach};
use crate::pipeline::hedge::{First, late, unheard};
use crate::pipeline::outgoing::{Outgoing, outgoing};
use crate::pipeline::path_watch::Lateness;
use crate::pipeline::question::Question;
use crate::pipeline::targeted::Targeted;
use crate::pipeline::unsealed::unsealed;
use crate::pipeline::watch::Watch;
use crate::serving::ServedProvider;

/// An answer that has begun, and what is known of it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) begun: Box<Begun>,
    pub(crate) provider: Arc<ServedProvider>,
    pub(crate) region: HeaderValue,
    /// By which line it comes, and with which credential.
    pub(crate) line: u64,
    /// When patience with a whole answer ends; a stream is watched for silence instead.
    pub(crate) whole_until: Option<Instant>,
    pub(crate) idle_limit: Duration,
    pub(crate) bytes_max: u64,
}

/// Asks one target after the other; who is left is kept for an answer that may be gone on with. Boxed: a future is moved each
/// time it becomes part of another, and this is the largest.
pub(crate) async fn attempt(
    call: &mut Call,
    question: Question<'_>,
    plan: Plan,
    patience: Duration,
) -> Result<(Answer, Option<Attempts>), Box<Failure>> {
    let asking = async move {
        let mut attempts = Attempts::begin(call, &question, plan, patience);
        let answer = attempts.next_answer(call, &question).await?;
        Ok((answer, question.rescue.is_some().then_some(attempts)))
    };
    Box::pin(asking).await
}

/// A credential's limit is reached: he has not been asked, and his health hears nothing of it.
fn busy(failure: Box<Failure>) -> Unanswered {
    let wait = failure.retry_after;
    Unanswered { fault: Some(Fault::Busy { wait }), ..failure.into() }
}

impl Attempts {
    /// Asks those who are left, one after the other, until one begins to answer.
    pub(crate) async fn next_answer(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
    ) -> Result<Answer, Box<Failure>> {
        let (serving, asked) = (question.serving, question.model());
        while let Some((turn, began)) =
            next_turn(call, serving, &mut self.course, asked, self.deadline).await?
        {
            let Reached { turn, ready, began } = reach(self.search(call, question, began), turn).await;
            let (behind, lateness) = (turn.behind, &Lateness::default());
            let (mut target, trying) = self.targeted(question, turn, began);
            self.note_begin(call, question, &target, trying);
            let costs = expected(question.prompt);
            let paced = take_credential(call, &target.provider, target.target.line, costs).await;
            let mut answered = match paced.map_or_else(|failure| Err(busy(failure)), |()| Ok(ready)) {
                Err(unanswered) => Err(unanswered),
                Ok(Ok(ready)) => match self.written(call, question, &target).await {
                    Ok(mut sent) => match self.late_after(question, &target, behind) {
                        None => {
                            let first = First { target: &mut target, sent: &mut sent, ready, lateness };
                            self.raced(call, question, first, unheard(lateness)).await
                        }
                        // Boxed: an alarm is not carried along by every call.
                        Some(late_after) => {
                            let first = First { target: &mut target, sent: &mut sent, ready, lateness };
                            Box::pin(self.raced(call, question, first, late(late_after, lateness))).await
                        }
                    },
                    Err(failure) => Err(failure.into()),
                },
                Ok(Err(failure)) => Err(target.unreached(call, &failure)),
            };
            if let Err(refused) = &answered
                // Boxed: it is rare, and its room is not carried along by every call.
                && let Some(mut sent) = Box::pin(self.otherwise(call, question, &target, refused)).await
            {
                call.attempts += 1;
                let refuses_beginning = refused.refuses_beginning;
                self.note_failure(call, question, &target, refused.failure.clone());
                let ready = call.worker.client.take(&target.line().line);
                answered = Box::pin(target.ask(call, question, &mut sent, (ready, lateness))).await;
                // Who refuses it without, too, had another reason.
                if refuses_beginning && answered.is_ok() {
                    target.provider.note_refused_beginning(target.model(question));
                }
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

    /// The request for a target: without sealed thoughts, once one has refused them.
    async fn written<'p>(
        &self,
        call: &Call,
        question: &Question<'p>,
        target: &Targeted,
    ) -> Result<Outgoing<'p>, Box<Failure>> {
        if self.has_left_out_seals
            // Boxed: it is rare, and its room is not carried along by every call.
            && let Some(sent) = Box::pin(unsealed(call, question, &target.target)).await
        {
            return Ok(sent);
        }
        outgoing(call, question, &target.target).await
    }

    /// The request written in another way for the same target, where he refuses it as it was.
    async fn otherwise<'p>(
        &mut self,
        call: &Call,
        question: &Question<'p>,
        target: &Targeted,
        refused: &Unanswered,
    ) -> Option<Outgoing<'p>> {
        if refused.refuses_beginning {
            let without = Question { is_without_beginning: true, ..*question };
            return outgoing(call, &without, &target.target).await.ok();
        }
        if !refused.refuses_seals || std::mem::replace(&mut self.has_left_out_seals, true) {
            return None;
        }
        unsealed(call, question, &target.target).await
    }

    fn answer(&self, question: &Question<'_>, target: Targeted, begun: Box<Begun>) -> Answer {
        let Question { serving, prompt, .. } = *question;
        // Sound comes as fast as it is made: its silence is watched, like that of a stream.
        let is_whole = !prompt.deciding.is_streaming && !matches!(begun.watch, Watch::Anything);
        let total_until = target.target.total_limit().map(|limit| target.began + limit);
        let served = target.line();
        Answer {
            region: served.region.clone(),
            line: served.line.id(),
            whole_until: is_whole.then_some(self.deadline).into_iter().chain(total_until).min(),
            idle_limit: target.target.idle_limit().unwrap_or(serving.timeouts.idle),
            bytes_max: question.answer_bytes_max(),
            begun,
            provider: target.provider,
        }
    }
}
