//! What is decided and not yet written: bytes that producers add to and the writer takes all at once.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use domain::Timestamp;
use ledger::{Lsn, Movement};

use super::error::{AppendError, JournalFailure};
use super::record;

/// How long the writer waits for more where nobody waits for him: a write for each record would cost more than the record.
const WRITE_PAUSE: Duration = Duration::from_millis(5);
/// So much is written without waiting for more.
const BATCH_BYTES: usize = 64 << 10;

/// Everything that waits to be written, behind a lock that is held for a copy of some bytes.
#[derive(Debug)]
pub(crate) struct Buffer {
    waiting: Mutex<Waiting>,
    more: Condvar,
    epoch: u32,
    bytes_max: usize,
}

#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    count: u32,
    next: Lsn,
    at: Timestamp,
    is_writer_asleep: bool,
    /// Somebody waits for what is here.
    is_hurried: bool,
    is_closing: bool,
    failure: Option<Arc<JournalFailure>>,
}

/// What the writer has taken.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The records' bytes.
    pub(crate) bytes: Vec<u8>,
    /// How many.
    pub(crate) count: u32,
    /// The first of them.
    pub(crate) first: Lsn,
    /// The place of their seal.
    pub(crate) seal: Lsn,
    /// When the last of them was decided.
    pub(crate) at: Timestamp,
}

impl Buffer {
    pub(crate) fn new(next: Lsn, epoch: u32, bytes_max: usize) -> Self {
        let waiting = Waiting {
            bytes: Vec::new(),
            count: 0,
            next,
            at: Timestamp(0),
            is_writer_asleep: false,
            is_hurried: false,
            is_closing: false,
            failure: None,
        };
        Self { waiting: Mutex::new(waiting), more: Condvar::new(), epoch, bytes_max }
    }

    /// Adds a record. New charges leave half of the room to calls that run.
    pub(crate) fn append(
        &self,
        at: Timestamp,
        movement: &Movement,
        is_charge: bool,
    ) -> Result<Lsn, AppendError> {
        let bytes_max = if is_charge { self.bytes_max / 2 } else { self.bytes_max };
        let mut waiting = self.lock();
        if let Some(failure) = &waiting.failure {
            return Err(AppendError::Failed(Arc::clone(failure)));
        }
        if waiting.is_closing {
            return Err(AppendError::Closed);
        }
        if waiting.bytes.len() >= bytes_max {
            return Err(AppendError::Behind);
        }
        let lsn = waiting.next;
        record::write(&mut waiting.bytes, lsn, at, self.epoch, movement);
        waiting.next = lsn.next();
        waiting.count += 1;
        waiting.at = at;
        if std::mem::take(&mut waiting.is_writer_asleep) {
            self.more.notify_one();
        }
        Ok(lsn)
    }

    /// The last record that was taken in.
    pub(crate) fn last(&self) -> Lsn {
        Lsn(self.lock().next.0 - 1)
    }

    /// The writer's: all that waits, once there is something; `empty` is what producers go on with. `None` once the
    /// buffer is closed and empty.
    pub(crate) fn take(&self, empty: Vec<u8>) -> Option<Taken> {
        let mut waiting = self.lock();
        while waiting.count == 0 {
            if waiting.is_closing {
                return None;
            }
            waiting.is_writer_asleep = true;
            waiting = self.more.wait(waiting).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        let is_patient = |waiting: &mut Waiting| {
            !waiting.is_hurried && !waiting.is_closing && waiting.bytes.len() < BATCH_BYTES
        };
        let paused = self.more.wait_timeout_while(waiting, WRITE_PAUSE, is_patient);
        waiting = paused.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        waiting.is_hurried = false;
        let seal = waiting.next;
        waiting.next = seal.next();
        let count = std::mem::take(&mut waiting.count);
        let bytes = std::mem::replace(&mut waiting.bytes, empty);
        Some(Taken { bytes, count, first: Lsn(seal.0 - u64::from(count)), seal, at: waiting.at })
    }

    /// Somebody waits for what is here: it is written at once.
    pub(crate) fn hurry(&self) {
        let mut waiting = self.lock();
        if waiting.count > 0 {
            waiting.is_hurried = true;
            self.more.notify_one();
        }
    }

    /// Takes no more; what is there is still written.
    pub(crate) fn close(&self) {
        self.lock().is_closing = true;
        self.more.notify_one();
    }

    /// Whether no more will come.
    pub(crate) fn is_closing(&self) -> bool {
        self.lock().is_closing
    }

    /// Takes no more, for nothing can be written.
    pub(crate) fn fail(&self, failure: Arc<JournalFailure>) {
        let mut waiting = self.lock();
        waiting.failure.get_or_insert(failure);
        waiting.is_closing = true;
        self.more.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing between lock and unlock panics half-way through a change that matters.
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
