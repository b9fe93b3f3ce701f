//! The bounded way from calls to the one thread that writes.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use tokio::sync::oneshot;

use super::mark::Mark;

/// Records that may wait to be written. Answers among them are counted with the memory for bodies.
const RECORDS_WAITING_MAX: usize = 1024;

/// Something could not be noted: too much waits, the disk is full or fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be written")]
pub struct Refused;

/// Resolves once a record is written, and says whether it is.
pub type Written = oneshot::Receiver<Result<(), Refused>>;

/// What the thread is to do.
#[derive(Debug)]
pub(super) enum Order {
    Write { mark: Mark, answer: Option<Vec<u8>>, written: Option<oneshot::Sender<Result<(), Refused>>> },
    End(oneshot::Sender<()>),
}

/// Where records are handed over.
#[derive(Clone, Debug)]
pub(super) struct Inlet(SyncSender<Order>);

pub(super) fn queue() -> (Inlet, Receiver<Order>) {
    let (sender, receiver) = sync_channel(RECORDS_WAITING_MAX);
    (Inlet(sender), receiver)
}

impl Inlet {
    /// Hands a record over. Never waits.
    pub(super) fn write(&self, mark: Mark, answer: Option<Vec<u8>>) -> Result<Written, Refused> {
        let (sender, written) = oneshot::channel();
        self.send(Order::Write { mark, answer, written: Some(sender) })?;
        Ok(written)
    }

    /// The same where nobody waits for it.
    pub(super) fn note(&self, mark: Mark) -> Result<(), Refused> {
        self.send(Order::Write { mark, answer: None, written: None })
    }

    /// Ends the thread once all before is written.
    pub(super) fn end(&self) -> oneshot::Receiver<()> {
        let (sender, ended) = oneshot::channel();
        // A queue that stays full is of a disk that takes nothing: then what waits in it is lost.
        let _ = self.send(Order::End(sender));
        ended
    }

    fn send(&self, order: Order) -> Result<(), Refused> {
        self.0.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Refused,
        })
    }
}
