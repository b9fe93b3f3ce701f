//! What went wrong in a call so far, attempt by attempt: told if nothing goes right.

use std::time::Duration;

use domain::{AttemptNote, Failure, Kind};

use crate::serving::ServedProvider;

/// What went wrong so far.
#[derive(Default)]
pub(super) struct Failures {
    notes: Vec<AttemptNote>,
    last: Option<Box<Failure>>,
    retry_after: Option<Duration>,
}

impl Failures {
    pub(super) fn add(
        &mut self,
        failure: Box<Failure>,
        provider: &ServedProvider,
        model: &str,
        took: Duration,
    ) {
        let ms = took.as_millis() as u64;
        let (provider, model) = (provider.id().to_owned(), model.to_owned());
        self.notes.push(AttemptNote { provider, model, kind: failure.kind, ms });
        // The first that will be free again is worth coming back for.
        self.retry_after = self.retry_after.into_iter().chain(failure.retry_after).min();
        // That a stand-in does not know the model says less than why the one before him failed.
        if failure.kind != Kind::UnknownModel || self.last.is_none() {
            self.last = Some(failure);
        }
    }

    pub(super) fn into_failure(self, nobody_was_asked: impl FnOnce() -> Box<Failure>) -> Box<Failure> {
        let Some(mut failure) = self.last else { return nobody_was_asked() };
        failure.retry_after = failure.retry_after.and(self.retry_after);
        failure.attempts = self.notes;
        failure
    }
}
