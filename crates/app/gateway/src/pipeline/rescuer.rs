//! Who goes on with a broken stream: all that is needed to ask once more, kept for as long as the stream flows.

use std::pin::Pin;
use std::sync::Arc;

use domain::Failure;
use http::HeaderMap;
use routing::health::Fault;
use routing::{Onward, Resume};
use tokio::time::{Sleep, sleep};

use crate::body_budget::BodyLease;
use crate::call::Call;
use crate::pipeline::admit::Admitted;
use crate::pipeline::attempt::Answer;
use crate::pipeline::attempts::Attempts;
use crate::pipeline::going_on::GoingOn;
use crate::pipeline::question::Question;
use crate::pipeline::understand::Prompt;
use crate::serving::Serving;

/// A source that was left.
pub(crate) struct Left {
    pub(super) failure: Box<Failure>,
    /// What it says of the one who was asked.
    pub(super) fault: Fault,
    pub(super) going_on: GoingOn,
}

/// What asks once more.
pub(crate) struct Rescuer {
    pub(super) serving: Arc<Serving>,
    pub(super) admitted: Admitted,
    pub(super) prompt: Box<Prompt>,
    pub(super) headers: HeaderMap,
    pub(super) is_strict: bool,
    pub(super) attempts: Attempts,
    pub(super) resume: Resume,
    /// Memory for what is kept of the stream.
    pub(super) kept: BodyLease,
    /// The beginning of the stream is held back until then.
    pub(super) hold: Option<Pin<Box<Sleep>>>,
}

impl std::fmt::Debug for Rescuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rescuer").field("resume", &self.resume).finish_non_exhaustive()
    }
}

impl Rescuer {
    /// Asks those who are left to go on, one after the other; nobody if they cannot, either.
    pub(super) async fn ask(&mut self, call: &mut Call, left: &Left) -> Option<Answer> {
        let question = Question {
            serving: &self.serving,
            admitted: &self.admitted,
            prompt: &self.prompt,
            headers: &self.headers,
            is_strict: self.is_strict,
            rescue: None,
            going_on: Some(&left.going_on),
            is_without_beginning: false,
        };
        match self.attempts.after_break(call, &question, left.failure.clone(), left.fault) {
            Onward::Next => {}
            Onward::Wait(wait, _waiting) => sleep(wait).await,
            Onward::Stop(_) => return None,
        }
        self.attempts.next_answer(call, &question).await.ok()
    }
}
