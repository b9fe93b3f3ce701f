//! The two threads of a journal: one writes what was decided, the other brings what is written to the disk. A batch is what
//! has come while the one before was on its way; where nobody waits for it, it is given a moment to grow.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger::Lsn;
use tokio::sync::watch;

use super::buffer::{Buffer, Taken};
use super::error::JournalFailure;
use super::fail_point;
use super::level::Reached;
use super::record::{self, ChainHash, SEAL_BYTES, Seal};
use super::segment::{BootId, RECORDS_START, SegmentHead, sync_folder};
use super::shelf::Shelf;

/// How long what is written waits to be brought to the disk where nobody waits for that: so much a power cut may take of what
/// was told at `slot` or `written`.
pub(crate) const SYNC_PAUSE: Duration = Duration::from_millis(50);
/// How often a full disk is asked again.
const ROOM_LOOK: Duration = Duration::from_millis(200);
/// How often once the journal is to end: what then has no room is not written, and said so.
const LAST_LOOKS_MAX: u32 = 25;

/// What both threads and the journal's owner share.
#[derive(Debug)]
pub(crate) struct Plant {
    pub(crate) buffer: Buffer,
    pub(crate) shelf: Shelf,
    pub(crate) reached: watch::Sender<Reached>,
    unsynced: Mutex<Unsynced>,
    work: Condvar,
}

#[derive(Debug, Default)]
struct Unsynced {
    written: Lsn,
    /// What somebody waits for to be on the disk.
    wanted: Lsn,
    files: Vec<Arc<File>>,
    is_folder_new: bool,
    is_writer_done: bool,
    is_writer_waiting: bool,
}

/// What the writer begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    pub(crate) node: u32,
    pub(crate) epoch: u32,
    pub(crate) boot: BootId,
    pub(crate) hash: ChainHash,
}

impl Plant {
    pub(crate) fn new(buffer: Buffer, shelf: Shelf, last: Lsn) -> Self {
        let reached = Reached { written: last, durable: last, ..Reached::default() };
        Self {
            buffer,
            shelf,
            reached: watch::Sender::new(reached),
            unsynced: Mutex::new(Unsynced { written: last, ..Unsynced::default() }),
            work: Condvar::new(),
        }
    }

    /// Somebody waits until a record is on the disk, or with the system.
    pub(crate) fn want(&self, lsn: Lsn, is_for_disk: bool) {
        if is_for_disk {
            let mut unsynced = self.lock();
            unsynced.wanted = unsynced.wanted.max(lsn);
            self.work.notify_all();
        }
        self.buffer.hurry();
    }

    /// The writer's life.
    pub(crate) fn write(&self, beginning: Beginning) {
        let written = catch_unwind(AssertUnwindSafe(|| self.write_all(beginning)));
        let panicked = |_| Err(("go on writing", io::Error::other("a panic")));
        if let Err((doing, source)) = written.unwrap_or_else(panicked) {
            self.fail(doing, source);
        }
        self.lock().is_writer_done = true;
        self.work.notify_all();
    }

    fn write_all(&self, beginning: Beginning) -> Result<(), (&'static str, io::Error)> {
        let mut hash = beginning.hash;
        let mut current: Option<(Arc<File>, u64)> = None;
        let mut empty = Vec::new();
        while let Some(mut taken) = self.buffer.take(std::mem::take(&mut empty)) {
            let durable = self.reached.borrow().durable;
            let head = SegmentHead {
                node: beginning.node,
                epoch: beginning.epoch,
                first: taken.first,
                at: taken.at,
                boot: beginning.boot,
                before: hash,
            };
            hash = seal(&mut taken, &hash, beginning.epoch, durable);
            let length = taken.bytes.len() as u64;
            let fits = |offset: u64| offset + length <= self.shelf.segment_bytes();
            let (file, offset) = match current.take().filter(|(_, offset)| fits(*offset)) {
                Some(current) => current,
                None => match self.begin(&head).map_err(|error| ("begin a file", error))? {
                    Some(file) => (Arc::new(file), RECORDS_START),
                    // Closed, or the disk has failed, while there was no room.
                    None => return Ok(()),
                },
            };
            write_batch(&file, &taken.bytes, offset).map_err(|error| ("write", error))?;
            self.shelf.written(taken.seal, taken.at);
            self.has_written(taken.seal, &file);
            self.reached.send_modify(|reached| reached.written = taken.seal);
            current = Some((file, offset + length));
            taken.bytes.clear();
            empty = taken.bytes;
        }
        Ok(())
    }

    /// The next file; waits while the disk is full, for what was decided must be written.
    fn begin(&self, head: &SegmentHead) -> io::Result<Option<File>> {
        let mut last_looks = 0;
        loop {
            if let Some(file) = self.shelf.begin(head)? {
                self.lock().is_folder_new = true;
                return Ok(Some(file));
            }
            let mut unsynced = self.lock();
            unsynced.is_writer_waiting = true;
            self.work.notify_all();
            drop(self.work.wait_timeout(unsynced, ROOM_LOOK));
            if self.reached.borrow().failure.is_some() {
                return Ok(None);
            }
            last_looks += u32::from(self.buffer.is_closing());
            if last_looks > LAST_LOOKS_MAX {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
    }

    fn has_written(&self, last: Lsn, file: &Arc<File>) {
        let mut unsynced = self.lock();
        unsynced.written = last;
        unsynced.is_writer_waiting = false;
        if unsynced.files.last().is_none_or(|known| !Arc::ptr_eq(known, file)) {
            unsynced.files.push(Arc::clone(file));
        }
        self.work.notify_all();
    }

    /// The other thread's life: it also sets files aside, and asks again where there was no room.
    pub(crate) fn sync(&self) {
        let mut durable = self.reached.borrow().durable;
        let mut synced_at: Option<Instant> = None;
        loop {
            let _ = self.shelf.refill();
            let (written, files, is_folder_new) = {
                let mut unsynced = self.lock();
                while unsynced.written == durable && !unsynced.is_writer_done && !unsynced.is_writer_waiting {
                    let has_room = self.shelf.has_room();
                    unsynced = if has_room {
                        self.work.wait(unsynced).unwrap_or_else(PoisonError::into_inner)
                    } else {
                        let waited = self.work.wait_timeout(unsynced, ROOM_LOOK);
                        let (unsynced, time) = waited.unwrap_or_else(PoisonError::into_inner);
                        if time.timed_out() {
                            drop(unsynced);
                            let _ = self.shelf.refill();
                            self.lock()
                        } else {
                            unsynced
                        }
                    };
                }
                if unsynced.written == durable && unsynced.is_writer_done {
                    break;
                }
                let is_patient = |unsynced: &mut Unsynced| {
                    unsynced.wanted <= durable && !unsynced.is_writer_done && !unsynced.is_writer_waiting
                };
                let pause = synced_at.map_or(Duration::ZERO, |at| SYNC_PAUSE.saturating_sub(at.elapsed()));
                let paused = self.work.wait_timeout_while(unsynced, pause, is_patient);
                unsynced = paused.unwrap_or_else(PoisonError::into_inner).0;
                let files = std::mem::take(&mut unsynced.files);
                (unsynced.written, files, std::mem::take(&mut unsynced.is_folder_new))
            };
            if written == durable {
                // Only a writer that waits for a file; give the disk a moment before asking again.
                let unsynced = self.lock();
                drop(self.work.wait_timeout(unsynced, ROOM_LOOK / 10));
                continue;
            }
            if let Err(source) = self.bring_to_disk(&files, is_folder_new) {
                self.fail("bring its records to the disk", source);
                break;
            }
            durable = written;
            synced_at = Some(Instant::now());
            self.reached.send_modify(|reached| reached.durable = durable);
        }
        self.reached.send_modify(|reached| reached.is_closed = true);
    }

    fn bring_to_disk(&self, files: &[Arc<File>], is_folder_new: bool) -> io::Result<()> {
        if is_folder_new {
            sync_folder(self.shelf.folder())?;
        }
        for file in files {
            fail_point::reached("sync")?;
            file.sync_data()?;
        }
        fail_point::reached("synced")
    }

    fn fail(&self, doing: &'static str, source: io::Error) {
        let failure = Arc::new(JournalFailure { doing, source });
        self.buffer.fail(Arc::clone(&failure));
        self.reached.send_modify(|reached| {
            reached.failure.get_or_insert(failure);
        });
        self.work.notify_all();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Unsynced> {
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seal(taken: &mut Taken, before: &ChainHash, epoch: u32, durable: Lsn) -> ChainHash {
    let hash = record::chain(before, &taken.bytes, durable, taken.count);
    taken.bytes.reserve(SEAL_BYTES);
    record::write_seal(
        &mut taken.bytes,
        taken.seal,
        taken.at,
        epoch,
        &Seal { hash, durable, count: taken.count },
    );
    hash
}

fn write_batch(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(test)]
    if fail_point::is_next("torn") {
        file.write_all_at(&bytes[..bytes.len() / 2], offset)?;
    }
    fail_point::reached("torn")?;
    fail_point::reached("write")?;
    file.write_all_at(bytes, offset)?;
    fail_point::reached("written")
}
