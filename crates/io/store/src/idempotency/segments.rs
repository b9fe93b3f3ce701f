//! The files that there are: who reads an answer finds it here, however many are written meanwhile.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Timestamp;

use super::segment::{Segment, end_of};

/// Where an answer lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerPlace {
    pub(super) segment: u32,
    /// Of its record.
    pub(super) offset: u64,
    pub(super) sealed_bytes: u32,
}

impl AnswerPlace {
    /// How much memory the answer takes, at most.
    pub const fn bytes(self) -> usize {
        self.sealed_bytes as usize
    }
}

/// Every file, by its number.
#[derive(Debug, Default)]
pub(super) struct Segments {
    files: Mutex<BTreeMap<u32, Filed>>,
    bytes: AtomicU64,
}

#[derive(Debug)]
struct Filed {
    segment: Arc<Segment>,
    bytes: u64,
}

impl Segments {
    /// How much of the disk they take.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, segment: Arc<Segment>, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.lock().insert(segment.named.number, Filed { segment, bytes });
    }

    /// A file has grown.
    pub(super) fn grow(&self, number: u32, bytes: u64) {
        if let Some(filed) = self.lock().get_mut(&number) {
            filed.bytes += bytes;
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// The oldest file, if it is not the only one, or if all of it is older than so.
    pub(super) fn oldest(&self, is_too_much: bool, since: Timestamp) -> Option<u32> {
        let files = self.lock();
        let (number, filed) = files.first_key_value()?;
        (is_too_much || end_of(filed.segment.named.hour) <= since).then_some(*number)
    }

    /// Deletes a file. Whoever reads in it reads on.
    pub(super) fn delete(&self, number: u32) -> io::Result<()> {
        let Some(filed) = self.lock().remove(&number) else { return Ok(()) };
        self.bytes.fetch_sub(filed.bytes, Ordering::Relaxed);
        std::fs::remove_file(&filed.segment.named.path)
    }

    /// Reads an answer as it was written; `None` if its file is gone.
    pub(super) fn read(&self, place: AnswerPlace) -> io::Result<Option<Vec<u8>>> {
        let Some(segment) = self.lock().get(&place.segment).map(|filed| filed.segment.clone()) else {
            return Ok(None);
        };
        let opened = segment.seal.answer(&segment.file, place.offset, place.sealed_bytes)?;
        opened.map(Some).ok_or_else(|| io::Error::other("the answer is damaged"))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Filed>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
