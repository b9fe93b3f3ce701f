//! One target of a plan as it is asked once: by which line, for how long, and what its health is told of that.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use dialects::canonical::Losses;
use domain::Usage;
use http::HeaderValue;
use routing::Target;
use routing::health::{How, Outcome};
use tokio::time::Instant;
use upstream::{Connection, SendFailure};

use crate::call::Call;
use crate::pipeline::asking::{Asking, Unanswered, Until};
use crate::pipeline::beginning::Begun;
use crate::pipeline::outgoing::Outgoing;
use crate::pipeline::path_watch::Lateness;
use crate::pipeline::question::Question;
use crate::serving::{ServedLine, ServedProvider};
use crate::worker::Worker;

/// One who is asked, and for how long.
pub(super) struct Targeted {
    pub(super) place: usize,
    pub(super) target: Target,
    pub(super) provider: Arc<ServedProvider>,
    pub(super) began: Instant,
    pub(super) until: Until,
    /// The same for a whole answer, which has begun and is read to its end.
    pub(super) whole: Until,
    /// Another model is asked where this one's policy refuses.
    pub(super) goes_on_after_refusal: bool,
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
        (request_id, heard): (&'a HeaderValue, &'a Cell<Option<Usage>>),
        question: &Question<'a>,
        lateness: &'a Lateness,
    ) -> Asking<'a> {
        Asking {
            worker,
            request_id,
            model: self.model(question),
            provider: &self.provider,
            line: self.line(),
            bytes_max: question.answer_bytes_max(),
            whole: Some(self.whole),
            heard,
            goes_on_after_refusal: self.goes_on_after_refusal && question.going_on.is_none(),
            lateness: question.serving.is_path_watched.then_some(lateness),
        }
    }

    pub(super) async fn ask(
        &self,
        call: &mut Call,
        question: &Question<'_>,
        sent: &mut Outgoing<'_>,
        (ready, lateness): (Option<Connection>, &Lateness),
    ) -> Result<Box<Begun>, Unanswered> {
        call.warnings = self.note_losses(call, sent);
        let asking = self.asking(&call.worker, (&call.request_id, &call.heard), question, lateness);
        let began = Instant::now();
        let answered = asking.ask(sent, question.headers, began, self.until, ready).await;
        let ended = Instant::now();
        let took = ended - began;
        call.waited += took;
        note(call, answered.as_ref().err(), took, ended);
        answered
    }

    /// Nothing was sent: no connection came about.
    pub(super) fn unreached(&self, call: &mut Call, failure: &SendFailure) -> Unanswered {
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
