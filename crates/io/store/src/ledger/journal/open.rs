//! A journal that is written: decisions go in, and whoever must know waits until they are safe.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use domain::Timestamp;
use ledger::{Lsn, Movement};
use tokio::sync::watch;

use super::buffer::Buffer;
use super::error::{AppendError, JournalError, WaitError};
use super::level::{Level, Reached};
use super::shelf::Shelf;
use super::tail::{Tail, boot_id};
use super::threads::{Beginning, Plant};

/// The lock of a journal's folder; the file stays, the lock goes with the process.
const LOCK_FILE: &str = "lock";

/// How large the parts of a journal are.
#[derive(Clone, Copy, Debug)]
pub struct JournalSizes {
    /// One file.
    pub segment_bytes: u64,
    /// All of them: beyond that no new call is paid for.
    pub journal_bytes_max: u64,
    /// What waits to be written; new calls have half of it.
    pub buffer_bytes_max: usize,
}

impl Default for JournalSizes {
    /// 64 MiB, 16 GiB and 4 MiB.
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, journal_bytes_max: 16 << 30, buffer_bytes_max: 4 << 20 }
    }
}

/// The folder of one node's journal, held by this process.
#[derive(Debug)]
pub(crate) struct JournalFolder {
    path: PathBuf,
    node: u32,
    // Held for its lock, which the system releases however the process ends.
    _lock: File,
}

/// A journal that is written. Dropped, it writes what it has and ends its threads.
#[derive(Debug)]
pub struct Journal {
    plant: Arc<Plant>,
    threads: Vec<JoinHandle<()>>,
    epoch: u32,
    _folder: JournalFolder,
}

/// While this is there, no file of the journal is removed.
#[derive(Debug)]
pub(crate) struct KeptFiles(Arc<Plant>);

impl Drop for KeptFiles {
    fn drop(&mut self) {
        self.0.shelf.reader_goes();
    }
}

/// Where a node's journal is.
pub(crate) fn node_folder(parent: &Path, node: u32) -> PathBuf {
    parent.join(format!("node-{node}"))
}

impl JournalFolder {
    /// Takes the folder of a node's journal, made if missing.
    pub(crate) fn lock(parent: &Path, node: u32) -> Result<Self, JournalError> {
        let path = node_folder(parent, node);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.map_err(JournalError::io("make", &path))?;
        let file = path.join(LOCK_FILE);
        let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&file);
        let lock = opened.map_err(JournalError::io("lock", &file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, node, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(JournalError::io("lock", &file)(source)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Cuts off what a crash left half-written, and goes on behind it as another epoch.
    pub(crate) fn start(self, tail: &Tail, epoch: u32, sizes: JournalSizes) -> Result<Journal, JournalError> {
        tail.repair(&self.path)?;
        let segments_max =
            usize::try_from(sizes.journal_bytes_max / sizes.segment_bytes).unwrap_or(usize::MAX);
        let shelf = Shelf::new(&self.path, sizes.segment_bytes, segments_max, tail.last);
        let shelf = shelf.map_err(JournalError::io("begin", &self.path))?;
        // A full disk is told by who wants to pay for a call.
        let _ = shelf.refill();
        // A batch fits into a file many times.
        let bytes_max =
            usize::try_from(sizes.segment_bytes / 8).unwrap_or(usize::MAX).min(sizes.buffer_bytes_max);
        let buffer = Buffer::new(tail.last.next(), epoch, bytes_max);
        let plant = Arc::new(Plant::new(buffer, shelf, tail.last));
        let beginning = Beginning { node: self.node, epoch, boot: boot_id(), hash: tail.hash };
        let (writer, syncer) = (Arc::clone(&plant), Arc::clone(&plant));
        let spawn = |name: &str, life: Box<dyn FnOnce() + Send>| {
            let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(life);
            spawned.map_err(JournalError::io("start a thread for", &self.path))
        };
        let threads = vec![
            spawn("ledger-writer", Box::new(move || writer.write(beginning)))?,
            spawn("ledger-sync", Box::new(move || syncer.sync()))?,
        ];
        Ok(Journal { plant, threads, epoch, _folder: self })
    }
}

impl Journal {
    /// Adds a record; never waits for a disk. New calls are refused where there is no room for what follows them.
    pub fn append(&self, at: Timestamp, movement: &Movement) -> Result<Lsn, AppendError> {
        let is_charge = matches!(movement, Movement::Hold { .. } | Movement::Extend { .. });
        if is_charge && !self.plant.shelf.has_room() {
            return Err(AppendError::NoRoom);
        }
        self.plant.buffer.append(at, movement, is_charge)
    }

    /// The same, for what a crash left open: it needs no room for what follows.
    pub(crate) fn append_recovered(&self, at: Timestamp, movement: &Movement) -> Result<Lsn, AppendError> {
        self.plant.buffer.append(at, movement, false)
    }

    /// Waits until a record is that safe.
    pub async fn wait(&self, lsn: Lsn, level: Level) -> Result<(), WaitError> {
        if level == Level::Remote {
            return Err(WaitError::NoRemote);
        }
        let mut reached = self.plant.reached.subscribe();
        if !reached.borrow().is_safe(lsn, level) {
            self.plant.want(lsn, level == Level::Durable);
        }
        let is_over =
            |reached: &Reached| reached.is_safe(lsn, level) || reached.failure.is_some() || reached.is_closed;
        let Ok(reached) = reached.wait_for(is_over).await else { return Err(WaitError::Closed) };
        match &reached.failure {
            _ if reached.is_safe(lsn, level) => Ok(()),
            Some(failure) => Err(WaitError::Failed(Arc::clone(failure))),
            None => Err(WaitError::Closed),
        }
    }

    /// How far it has come, to be looked at or waited on. Once it shows a failure the process must end.
    pub fn reached(&self) -> watch::Receiver<Reached> {
        self.plant.reached.subscribe()
    }

    /// Whether a record is that safe by now.
    pub(crate) fn is_safe(&self, lsn: Lsn, level: Level) -> bool {
        self.plant.reached.borrow().is_safe(lsn, level)
    }

    /// The last record that was taken in, written or not.
    pub fn appended(&self) -> Lsn {
        self.plant.buffer.last()
    }

    /// The last record that the system has.
    pub fn written(&self) -> Lsn {
        self.plant.reached.borrow().written
    }

    /// The last record that the disk has.
    pub fn durable(&self) -> Lsn {
        self.plant.reached.borrow().durable
    }

    /// Whether new calls can be paid for: enough files are set aside, and the journal is not too long.
    pub fn has_room(&self) -> bool {
        self.plant.shelf.has_room()
    }

    /// How many files there are.
    pub fn segments(&self) -> usize {
        self.plant.shelf.segments()
    }

    /// Which start this is.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Removes the files that the database has wholly and that were written last before a moment; gives how many.
    pub fn remove_applied(&self, applied: Lsn, before: Timestamp) -> Result<usize, JournalError> {
        let folder = self.plant.shelf.folder();
        let removed = self.plant.shelf.remove(applied, before).map_err(JournalError::io("clear", folder))?;
        // Where a cap had been reached, there may be room again.
        let _ = self.plant.shelf.refill();
        Ok(removed)
    }

    /// Keeps all files that are there until what is given back is dropped.
    pub(crate) fn keep_files(&self) -> KeptFiles {
        self.plant.shelf.reader_comes();
        KeptFiles(Arc::clone(&self.plant))
    }

    /// Writes all it has, brings it to the disk and ends.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.plant.buffer.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has told so.
            let _ = thread.join();
        }
    }
}
