//! A call that has its key for itself, until it ends one way or another.

use std::sync::Arc;

use domain::{RequestDigest, Step, Timestamp};

use super::answer::KeptAnswer;
use super::digests::KeyName;
use super::index::Heard;
use super::mark::{Mark, What};
use super::queue::{Inlet, Refused, Written};
use super::segments::AnswerPlace;
use super::shelved::Shelved;

/// What a request with a key gets.
#[derive(Debug)]
pub enum Claim {
    /// It runs, and has its key for itself.
    Anew(Claimed),
    /// The key was used for another request.
    Reused,
    /// Its twin runs.
    InUse,
    /// The answer that is kept.
    Replay(AnswerPlace),
    /// The answer was too large to keep.
    TooLarge,
    /// Nobody knows what became of the call.
    Unknown,
}

/// A key whose call runs. Dropped without a word, it is free again if nobody was asked, else its outcome is unknown.
#[derive(Debug)]
pub struct Claimed {
    shelved: Arc<Shelved>,
    inlet: Inlet,
    name: KeyName,
    request: RequestDigest,
    now: fn() -> Timestamp,
    stage: Stage,
}

/// How far the call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing of it is written.
    Fresh,
    /// From here on somebody may have been asked.
    Begun,
    /// Its end is told.
    Over,
}

impl Claimed {
    pub(super) fn new(
        (shelved, inlet): (Arc<Shelved>, Inlet),
        (name, request): (KeyName, RequestDigest),
        now: fn() -> Timestamp,
    ) -> Self {
        Self { shelved, inlet, name, request, now, stage: Stage::Fresh }
    }

    /// Writes that the call begins. Nobody may be asked before that is written.
    pub fn begin(&mut self) -> Result<Written, Refused> {
        let written = self.inlet.write(self.mark(What::Begun), None)?;
        self.stage = Stage::Begun;
        Ok(written)
    }

    /// Writes the whole answer, whose last piece is not to be told before that. A second time it takes the place of the first.
    pub fn keep(&mut self, answer: &KeptAnswer) -> Result<Written, Refused> {
        self.inlet.write(self.mark(What::Kept), Some(answer.bytes()))
    }

    /// The answer is kept: nothing more happens to the key.
    pub fn is_kept(&mut self) {
        self.stage = Stage::Over;
    }

    /// The answer is too large to keep.
    pub fn too_large(&mut self) {
        self.end(What::TooLarge, Step::TooLarge);
    }

    /// The call ended and cost nothing: the key is free again.
    pub fn free(&mut self) {
        self.end(What::Freed, Step::Freed);
    }

    /// The call ended without a whole answer, and may have cost something.
    pub fn lose(&mut self) {
        self.end(What::Lost, Step::Lost);
    }

    /// Ends it, once. A mark that finds no room is missed only by a start, which then takes the outcome for unknown.
    fn end(&mut self, what: What, step: Step<AnswerPlace>) {
        if self.stage == Stage::Over {
            return;
        }
        let mark = self.mark(what);
        let Mark { name, request, at, .. } = mark;
        // Before the index: whoever takes the key next writes behind this.
        if self.stage == Stage::Begun {
            let _ = self.inlet.note(mark);
        }
        self.shelved.index.step(Heard { name, request, at, segment: None }, step);
        self.stage = Stage::Over;
    }

    fn mark(&self, what: What) -> Mark {
        Mark { what, name: self.name, request: self.request, at: (self.now)() }
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        match self.stage {
            Stage::Fresh => self.free(),
            Stage::Begun => self.lose(),
            Stage::Over => {}
        }
    }
}
