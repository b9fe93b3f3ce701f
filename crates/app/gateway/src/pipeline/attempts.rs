//! The attempts of one call: whose turn it is, how long he has, what went wrong so far and what follows from it. Asking is not
//! done here.

use std::time::Duration;

use domain::{Failure, Kind};
use routing::health::{Fault, Trying};
use routing::{Circumstances, Course, Hedge, Onward, Plan, Target, Turn, span_of};
use tokio::time::Instant;

use crate::call::Call;
use crate::limiting::{Used, end_credential};
use crate::pipeline::asking::{Unanswered, Until};
use crate::pipeline::connecting::Search;
use crate::pipeline::count::guess_prompt;
use crate::pipeline::failures::Failures;
use crate::pipeline::question::Question;
use crate::pipeline::side_effects::may_be_asked_twice;
use crate::pipeline::targeted::Targeted;
use crate::pipeline::too_long::tell_numbers;
use crate::pipeline::understand::Prompt;
use crate::serving::Serving;

/// The attempts of one call: who may yet be asked, and what went wrong so far. It owns all it keeps, so it can outlive an answer
/// that has begun.
pub(crate) struct Attempts {
    pub(super) course: Course,
    pub(super) failures: Failures,
    /// Who was asked at first, and who last.
    asked_before: Option<(usize, usize)>,
    pub(super) has_left_out_seals: bool,
    /// When another is asked beside who is late; nothing once it was done.
    pub(super) hedge: Option<Hedge>,
    /// How long the caller is made to wait for an answer to begin, and until when.
    patience: Duration,
    pub(super) deadline: Instant,
}

impl Attempts {
    pub(crate) fn begin(call: &Call, question: &Question<'_>, plan: Plan, patience: Duration) -> Self {
        question.serving.retry_budget.call();
        let hedge = plan.route.manner.hedge.filter(|_| may_be_asked_twice(question.prompt));
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

    pub(super) fn search<'s>(
        &'s mut self,
        call: &'s mut Call,
        question: &Question<'s>,
        began: Instant,
    ) -> Search<'s> {
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
        let goes_on_after_refusal =
            self.course.plan().route.manner.goes_on_after_refusal && self.course.has_other_model(place);
        let whole = self.whole();
        (Targeted { place, target, provider, began, until, whole, goes_on_after_refusal }, trying)
    }

    /// Somebody is asked now.
    pub(super) fn note_begin(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
        target: &Targeted,
        trying: Trying,
    ) {
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

    fn whole(&self) -> Until {
        Until { at: self.deadline, limit: self.patience, has_others: false }
    }

    /// How long an attempt at a target may take of what the call has left.
    fn until(&self, question: &Question<'_>, target: &Target, began: Instant, behind: u32) -> Until {
        let is_streaming = question.prompt.deciding.is_streaming;
        let unusual = unusual_after(question.serving, question.prompt, target);
        let left = self.deadline.saturating_duration_since(began);
        let span = span_of(left, behind, target.attempt_limit(is_streaming), unusual);
        let limit = if span.is_whole { self.patience } else { span.limit };
        Until { at: began + span.limit, limit, has_others: behind > 0 }
    }

    /// What follows a failure; `Err` where the caller is to be told.
    pub(super) fn onward(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
        target: &Targeted,
        unanswered: Unanswered,
    ) -> Result<Onward, Box<Failure>> {
        call.trying = None;
        end_credential(call, Used::Nothing);
        let Some(fault) = self.worth_another(question, &unanswered) else {
            return Err(unanswered.failure);
        };
        self.note_failure(call, question, target, unanswered.failure);
        Ok(self.failed(call, question, target.place, fault))
    }

    /// What follows when an answer that had begun broke off. The patience of the caller, who waits again, begins anew; whoever broke
    /// gives his place back, or nobody could be asked where there is room for one.
    pub(super) fn after_break(
        &mut self,
        call: &mut Call,
        question: &Question<'_>,
        failure: Box<Failure>,
        fault: Fault,
    ) -> Onward {
        call.trying = None;
        let used = call.segments.as_ref().and_then(|segments| segments.used_by_broken().copied());
        end_credential(call, Used::Something(used.as_ref()));
        let began = Instant::now();
        self.deadline = began + self.patience;
        let (_, place) = self.asked_before.unwrap_or_default();
        let target = self.course.plan().target(place).clone();
        let provider = question.serving.provider_of(&target).clone();
        let (until, whole) = (self.whole(), self.whole());
        self.note_failure(
            call,
            question,
            &Targeted { place, target, provider, began, until, whole, goes_on_after_refusal: false },
            failure,
        );
        self.failed(call, question, place, fault)
    }

    fn failed(&mut self, call: &Call, question: &Question<'_>, place: usize, fault: Fault) -> Onward {
        let gateway = &call.worker.gateway;
        let circumstances = Circumstances {
            health: &question.serving.health,
            rules: &question.serving.retry,
            budget: &question.serving.retry_budget,
            asked: question.model(),
            deadline: gateway.moment_of(self.deadline),
            now: gateway.moment(),
        };
        self.course.failed(place, fault, &circumstances, &mut call.worker.rng.borrow_mut())
    }

    /// What is to be made of a failure that another target may not have; nothing where the caller is to be told.
    pub(super) fn worth_another(&self, question: &Question<'_>, unanswered: &Unanswered) -> Option<Fault> {
        let Unanswered { failure, fault, .. } = unanswered;
        if failure.kind == Kind::ContentRefused && self.course.plan().route.manner.goes_on_after_refusal {
            return Some(Fault::Declined);
        }
        // No such model there is not to say that there is none elsewhere.
        let fault = fault.filter(|fault| failure.kind.goes_elsewhere() || *fault == Fault::UnknownModel);
        // An answer to it had begun: what is wrong with it is so for this one alone.
        let is_refused = matches!(failure.kind, Kind::BadRequest | Kind::TooLarge);
        fault.or((is_refused && question.going_on.is_some()).then_some(Fault::Declined))
    }

    /// Counts what went wrong, and keeps it for the caller.
    pub(super) fn note_failure(
        &mut self,
        call: &Call,
        question: &Question<'_>,
        target: &Targeted,
        mut failure: Box<Failure>,
    ) {
        call.worker.shard.attempt_failed(target.provider.slot, failure.kind);
        let most = target.provider.abilities(target.model(question)).context_tokens;
        tell_numbers(&mut failure, guess_prompt(question.prompt), most);
        self.failures.add(failure, &target.provider, target.model(question), target.began.elapsed());
    }
}

/// From when on silence is no longer thinking, as far as the target is known.
fn unusual_after(serving: &Serving, prompt: &Prompt, target: &Target) -> Option<Duration> {
    let (asked, is_streaming) = (&prompt.deciding.model, prompt.deciding.is_streaming);
    serving.health.unusual_after(target, asked, is_streaming, serving.silence_min)
}
