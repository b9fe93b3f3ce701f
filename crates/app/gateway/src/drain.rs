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
    /// One place for each open connection.
    seats: RefCell<Vec<Option<Waker>>>,
    free: RefCell<Vec<usize>>,
}

impl Drain {
    pub(crate) fn stage(&self) -> DrainStage {
        self.stage.get()
    }

    /// Moves on; the tasks of all connections are woken so that they see it.
    pub(crate) fn advance(&self, stage: DrainStage) {
        if stage > self.stage.get() {
            self.stage.set(stage);
            for seat in self.seats.borrow_mut().iter_mut() {
                if let Some(waker) = seat.take() {
                    waker.wake();
                }
            }
        }
    }

    /// A place for a connection, given back when it is dropped.
    pub(crate) fn seat(&self) -> Seat<'_> {
        let place = self.free.borrow_mut().pop().unwrap_or_else(|| {
            self.seats.borrow_mut().push(None);
            self.seats.borrow().len() - 1
        });
        Seat { drain: self, place }
    }
}

/// A connection's place among those that are told.
#[derive(Debug)]
pub(crate) struct Seat<'a> {
    drain: &'a Drain,
    place: usize,
}

impl Seat<'_> {
    /// Wakes this task at the next stage. Needed once for each stage: a connection's task stays the same.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.drain.seats.borrow_mut()[self.place] = Some(cx.waker().clone());
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.drain.seats.borrow_mut()[self.place] = None;
        self.drain.free.borrow_mut().push(self.place);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use super::{Drain, DrainStage};

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn every_open_connection_is_told_however_many_came_and_went() {
        let drain = Drain::default();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let cx = Context::from_waker(&waker);
        let open: Vec<_> = (0..10).map(|_| drain.seat()).collect();
        open.iter().for_each(|seat| seat.listen(&cx));
        for _ in 0..500 {
            drain.seat().listen(&cx);
        }
        drain.advance(DrainStage::Announcing);
        assert_eq!(woken.0.load(Ordering::Relaxed), 10);
        open.iter().for_each(|seat| seat.listen(&cx));
        drain.advance(DrainStage::Closing);
        drain.advance(DrainStage::Announcing);
        assert_eq!(woken.0.load(Ordering::Relaxed), 20);
        assert_eq!(drain.stage(), DrainStage::Closing);
    }
}
