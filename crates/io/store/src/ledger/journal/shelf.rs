//! The files of a running journal: the one that is written, those set aside for it, and those that may go.

use std::fs::{File, remove_file, rename};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Timestamp;
use ledger::Lsn;

use super::fail_point;
use super::segment::{SegmentFile, SegmentHead, set_aside, spares};

/// Files kept ready; below that no new call is paid for.
pub const SPARE_SEGMENTS_MIN: usize = 2;

/// See the module.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    segment_bytes: u64,
    segments_max: usize,
    kept: Mutex<Kept>,
    has_room: AtomicBool,
    made: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    spares: Vec<(PathBuf, File)>,
    /// Oldest first; the last is the one that is written.
    segments: Vec<Segment>,
    /// How many read them: meanwhile none is removed.
    readers: usize,
}

#[derive(Debug)]
struct Segment {
    file: SegmentFile,
    /// The last record's, as far as known.
    last: Lsn,
    at: Timestamp,
}

impl Shelf {
    /// With what a former start has left, whose last record is given; its spare files are made anew.
    pub(crate) fn new(folder: &Path, segment_bytes: u64, segments_max: usize, last: Lsn) -> io::Result<Self> {
        for spare in spares(folder)? {
            remove_file(spare)?;
        }
        let files = SegmentFile::all(folder)?;
        let mut segments = Vec::with_capacity(files.len());
        for (index, file) in files.iter().enumerate() {
            let next = files.get(index + 1).map_or(last.next(), |next| next.first);
            let at = file.path.metadata()?.modified().ok();
            let at = at.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            let at = at.and_then(|at| i64::try_from(at.as_millis()).ok()).map_or(Timestamp(0), Timestamp);
            segments.push(Segment { file: file.clone(), last: Lsn(next.0 - 1), at });
        }
        Ok(Self {
            folder: folder.to_owned(),
            segment_bytes,
            segments_max,
            kept: Mutex::new(Kept { segments, ..Kept::default() }),
            has_room: AtomicBool::new(false),
            made: AtomicU64::new(0),
        })
    }

    /// Whether new calls may be paid for.
    pub(crate) fn has_room(&self) -> bool {
        self.has_room.load(Ordering::Relaxed)
    }

    /// How many files there are, spares apart.
    pub(crate) fn segments(&self) -> usize {
        self.lock().segments.len()
    }

    /// Sets files aside until there are enough: one more than the fewest, so that the next is ready when one is taken.
    pub(crate) fn refill(&self) -> io::Result<()> {
        let mut result = Ok(());
        while self.lock().spares.len() <= SPARE_SEGMENTS_MIN {
            let number = self.made.fetch_add(1, Ordering::Relaxed);
            match set_aside(&self.folder, number, self.segment_bytes) {
                Ok(spare) => self.lock().spares.push(spare),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let kept = self.lock();
        let has_room = kept.spares.len() >= SPARE_SEGMENTS_MIN && kept.segments.len() < self.segments_max;
        self.has_room.store(has_room, Ordering::Relaxed);
        result
    }

    /// Begins the next file; none if none was set aside.
    pub(crate) fn begin(&self, head: &SegmentHead) -> io::Result<Option<File>> {
        let Some((path, file)) = self.lock().spares.pop() else { return Ok(None) };
        head.write(&file)?;
        fail_point::reached("segment")?;
        let named = SegmentFile::of(&self.folder, head.first);
        rename(path, &named.path)?;
        fail_point::reached("renamed")?;
        let mut kept = self.lock();
        kept.segments.push(Segment { file: named, last: head.first, at: head.at });
        if kept.spares.len() < SPARE_SEGMENTS_MIN || kept.segments.len() >= self.segments_max {
            self.has_room.store(false, Ordering::Relaxed);
        }
        Ok(Some(file))
    }

    /// The last record that the current file has.
    pub(crate) fn written(&self, last: Lsn, at: Timestamp) {
        if let Some(segment) = self.lock().segments.last_mut() {
            (segment.last, segment.at) = (last, at);
        }
    }

    /// Keeps every file until as many readers are gone as have come.
    pub(crate) fn reader_comes(&self) {
        self.lock().readers += 1;
    }

    /// See [`Self::reader_comes`].
    pub(crate) fn reader_goes(&self) {
        let mut kept = self.lock();
        kept.readers = kept.readers.saturating_sub(1);
    }

    /// Removes files that the database has wholly, and that were written last before a moment. Gives how many.
    pub(crate) fn remove(&self, applied: Lsn, before: Timestamp) -> io::Result<usize> {
        let mut removed = 0;
        let mut kept = self.lock();
        while kept.segments.len() > 1 && kept.readers == 0 {
            let oldest = &kept.segments[0];
            if oldest.last > applied || oldest.at >= before {
                break;
            }
            remove_file(&oldest.file.path)?;
            kept.segments.remove(0);
            removed += 1;
        }
        Ok(removed)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) const fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
