//! Ending a worker without losing a request: first every answer says `connection: close`, then, after a moment for
//! callers that were just about to use an idle connection, connections are closed as they fall idle.

use std::cell::{Cell, RefCell};
use std::task::{Context, Waker};

/// How far the end of a worker has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DrainStage {
    /// Serving.
    #[default]
    Open,
    /// Answers ask callers to go; nothing is closed.
    Announcing,
    /// Idle connections close, busy ones after their answer.
    Closing,
}

/// The drain of one worker.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    stage: Cell<DrainStage>,
    waiting: RefCell<Vec<Waker>>,
}

impl Drain {
    pub(crate) fn stage(&self) -> DrainStage {
        self.stage.get()
    }

    /// Moves on; the tasks of all connections are woken so that they see it.
    pub(crate) fn advance(&self, stage: DrainStage) {
        if stage > self.stage.get() {
            self.stage.set(stage);
            for waker in self.waiting.borrow_mut().drain(..) {
                waker.wake();
            }
        }
    }

    /// Wakes this task when the worker begins to close. To be called once for a connection: the list keeps dead ones
    /// until it is as long as twice the open ones.
    pub(crate) fn wake_on_advance(&self, cx: &Context<'_>, open_connections: usize) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() > 64 && waiting.len() > 2 * open_connections {
            // Waking a live task once for nothing is harmless; it registers again.
            for waker in waiting.drain(..) {
                waker.wake();
            }
        }
        waiting.push(cx.waker().clone());
    }
}
