//! The way from all threads to the one that writes: a bounded queue of batches, and a place beside it for the few lines
//! that must not be lost when it is full. Nobody waits here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::Batch;
use super::counts::LogCounts;

/// Events (and last lines of workers) that wait for the writing thread.
const PENDING_BYTES_MAX: usize = 1024 * 1024;

/// What goes over the queue.
#[derive(Debug)]
pub(crate) enum Message {
    Lines(Batch),
    /// Look at what stands beside the queue.
    Wake,
}

impl Message {
    pub(crate) fn into_lines(self) -> Batch {
        match self {
            Self::Lines(batch) => batch,
            Self::Wake => Batch::default(),
        }
    }
}

/// The sending end. Clones are the same queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    messages: SyncSender<Message>,
    aside: Arc<Aside>,
}

/// What stands beside the queue.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    pub(crate) counts: Arc<LogCounts>,
    is_stopping: AtomicBool,
    wants_reopen: AtomicBool,
    pending: Mutex<Pending>,
}

/// Lines that bypass the queue.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lines: u64,
    is_closed: bool,
}

impl Queue {
    /// A queue of at most so many messages, and its receiving end.
    pub(crate) fn new(messages_max: usize) -> (Self, Receiver<Message>, Arc<Aside>) {
        // With no place at all a batch would only pass while the thread happens to wait for one.
        let (messages, received) = sync_channel(messages_max.max(1));
        let aside = Arc::<Aside>::default();
        (Self { messages, aside: Arc::clone(&aside) }, received, aside)
    }

    pub(crate) fn counts(&self) -> &Arc<LogCounts> {
        &self.aside.counts
    }

    /// Hands a batch over. What a full queue does not take comes back; what a stopped log does not take is counted.
    pub(crate) fn send(&self, batch: Batch) -> Result<(), Batch> {
        match self.messages.try_send(Message::Lines(batch)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(message)) => Err(message.into_lines()),
            Err(TrySendError::Disconnected(message)) => {
                self.counts().add_dropped(message.into_lines().lines());
                Ok(())
            }
        }
    }

    /// Leaves lines beside the queue, or counts them as lost if there are too many already.
    pub(crate) fn leave(&self, bytes: &[u8], lines: u64) {
        let mut pending = self.aside.pending();
        if pending.is_closed || pending.bytes.len() + bytes.len() > PENDING_BYTES_MAX {
            return self.counts().add_dropped(lines);
        }
        let was_empty = pending.bytes.is_empty();
        pending.bytes.extend_from_slice(bytes);
        pending.lines += lines;
        drop(pending);
        // One wake-up is enough for all that is pending; more would take the places of batches.
        if was_empty {
            self.wake();
        }
    }

    /// Has the writing thread open its file anew.
    pub(crate) fn ask_reopen(&self) {
        self.aside.wants_reopen.store(true, Ordering::Release);
        self.wake();
    }

    /// Has the writing thread end once the queue is empty.
    pub(crate) fn ask_stop(&self) {
        self.aside.is_stopping.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        // Full: the thread looks aside anyway, at each message. Disconnected: nobody is left to wake.
        let _ = self.messages.try_send(Message::Wake);
    }
}

impl Aside {
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Whether a reopening was asked for; asking is over with that.
    pub(crate) fn take_reopen(&self) -> bool {
        self.wants_reopen.swap(false, Ordering::AcqRel)
    }

    /// Takes what is pending.
    pub(crate) fn take_pending(&self) -> Pending {
        std::mem::take(&mut *self.pending())
    }

    /// Takes what is pending for the last time; later lines are counted as lost by who leaves them.
    pub(crate) fn close_pending(&self) -> Pending {
        std::mem::replace(&mut *self.pending(), Pending { is_closed: true, ..Pending::default() })
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
