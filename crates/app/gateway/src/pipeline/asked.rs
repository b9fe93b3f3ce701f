//! Asking providers for a call, and what is kept of it for as long as its answer flows.

use std::sync::Arc;

use domain::Failure;
use http::HeaderMap;
use routing::Plan;
use tokio::time::sleep;

use crate::call::Call;
use crate::pipeline::admit::Admitted;
use crate::pipeline::attempt::{Answer, attempt};
use crate::pipeline::key_use::note_begin;
use crate::pipeline::patience::patience;
use crate::pipeline::question::Question;
use crate::pipeline::readiness::readiness;
use crate::pipeline::rescuer::Rescuer;
use crate::pipeline::retouched::Wish;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::Serving;

/// An answer that has begun, and what is to become of it.
pub(crate) struct Asked {
    pub(super) answer: Answer,
    pub(super) wish: Option<Wish>,
    /// Who goes on with it should it break, where somebody may.
    pub(super) rescuer: Option<Box<Rescuer>>,
}

/// Asks until an answer has begun.
pub(super) async fn ask(
    call: &mut Call,
    (serving, admitted, prompt): (Arc<Serving>, Admitted, Box<Prompt>),
    (plan, wish): (Plan, Option<Wish>),
    (headers, wishes): (&HeaderMap, &Wishes<'_>),
) -> Result<Asked, Box<Failure>> {
    note_begin(call).await?;
    let (manner, is_strict) = (plan.route.manner, wishes.is_strict);
    let question = Question {
        serving: &serving,
        admitted: &admitted,
        prompt: &prompt,
        headers,
        is_strict,
        rescue: readiness(&plan, &prompt, wishes),
        going_on: None,
        is_without_beginning: false,
    };
    // A twin has waited for another before.
    let patience = patience(&serving, &prompt, wishes).saturating_sub(call.waited);
    let (answer, attempts) = attempt(call, question, plan, patience).await?;
    let rescuer = attempts.map(|attempts| {
        let (prompt, headers) = (prompt.compacted(), headers.clone());
        let hold = (!manner.resume_hold.is_zero()).then(|| Box::pin(sleep(manner.resume_hold)));
        let resume = manner.resume;
        let kept = call.worker.gateway.bodies.lease();
        Box::new(Rescuer { serving, admitted, prompt, headers, is_strict, attempts, resume, kept, hold })
    });
    Ok(Asked { answer, wish, rescuer })
}
