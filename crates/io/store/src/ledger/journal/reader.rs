//! Reading the journal batch by batch, with its checksums, numbers and chain; what does not fit stops it.
//!
//! The applier reads behind a journal that is written: it asks only for what is on the disk already.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use domain::Timestamp;
use ledger::{Lsn, Recorded};

use super::error::JournalError;
use super::record::{self, ChainHash, Content, Found, RECORD_BYTES_MAX};
use super::segment::{RECORDS_START, SegmentFile, SegmentHead};

/// What is read from the disk at once.
const WINDOW_BYTES: usize = 1 << 20;

/// Records that were written together, and the seal behind them.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) records: Vec<Recorded>,
    /// The seal's place.
    pub(crate) last: Lsn,
    /// What the chain comes to with it.
    pub(crate) hash: ChainHash,
}

/// Where reading came to an end that is none.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) file: SegmentFile,
    pub(crate) offset: u64,
    pub(crate) what: &'static str,
}

/// What came next.
#[derive(Debug)]
pub(crate) enum Next {
    Batch(Batch),
    End,
    Stop(Stop),
}

/// The journal from some record on.
#[derive(Debug)]
pub(crate) struct BatchReader {
    folder: PathBuf,
    at: Option<Place>,
    next: Lsn,
    hash: ChainHash,
}

#[derive(Debug)]
struct Place {
    file: SegmentFile,
    head: SegmentHead,
    offset: u64,
    window: Window,
}

impl Stop {
    /// As damage: where the journal must go on.
    pub(crate) fn damaged(self, lsn: Lsn) -> JournalError {
        JournalError::Damaged { path: self.file.path, offset: self.offset, lsn, what: self.what }
    }
}

impl BatchReader {
    /// Everything behind a record, which must be the last of its batch, or none. `None` if there is no file at all.
    pub(crate) fn behind(folder: &Path, applied: Lsn) -> Result<Option<Self>, JournalError> {
        let files = SegmentFile::all(folder).map_err(JournalError::io("list", folder))?;
        let Some(oldest) = files.first() else { return Ok(None) };
        let Some(file) = files.iter().rfind(|file| file.first <= applied.next()) else {
            return Err(JournalError::Gap { applied, first: oldest.first });
        };
        Self::at(folder, file).map(Some)
    }

    /// Everything from the oldest file on. `None` if there is no file at all.
    pub(crate) fn from_oldest(folder: &Path) -> Result<Option<Self>, JournalError> {
        let files = SegmentFile::all(folder).map_err(JournalError::io("list", folder))?;
        files.first().map(|file| Self::at(folder, file)).transpose()
    }

    /// Everything since a moment, and what is before it in the file that was the current one then. `None` if there is no file at all.
    pub(crate) fn since(folder: &Path, moment: Timestamp) -> Result<Option<Self>, JournalError> {
        for file in SegmentFile::all(folder).map_err(JournalError::io("list", folder))?.iter().rev() {
            let reader = Self::at(folder, file)?;
            if reader.place().is_some_and(|(_, head, _)| head.at < moment) {
                return Ok(Some(reader));
            }
        }
        Self::from_oldest(folder)
    }

    fn at(folder: &Path, file: &SegmentFile) -> Result<Self, JournalError> {
        let mut reader =
            Self { folder: folder.to_owned(), at: None, next: file.first, hash: ChainHash::default() };
        let place = Place::open(file).map_err(JournalError::io("read", &file.path))?;
        if let Some(place) = &place {
            reader.hash = place.head.before;
        }
        reader.at = place;
        Ok(reader)
    }

    /// The record that comes next.
    pub(crate) const fn next_lsn(&self) -> Lsn {
        self.next
    }

    /// What the chain comes to so far.
    pub(crate) const fn hash(&self) -> ChainHash {
        self.hash
    }

    /// The file that is read, and how far; none if its head is none.
    pub(crate) fn place(&self) -> Option<(&SegmentFile, &SegmentHead, u64)> {
        self.at.as_ref().map(|place| (&place.file, &place.head, place.offset))
    }

    /// Forgets what was read ahead: more has been written since.
    pub(crate) fn look_again(&mut self) {
        if let Some(place) = &mut self.at {
            place.window.forget();
        }
    }

    /// The next batch.
    pub(crate) fn next(&mut self) -> Result<Next, JournalError> {
        let Some(place) = &mut self.at else {
            let file = SegmentFile::of(&self.folder, self.next);
            return Ok(Next::Stop(Stop { file, offset: 0, what: "a file without its head" }));
        };
        let (mut records, mut bytes) = (Vec::new(), Vec::new());
        let (mut lsn, mut offset) = (self.next, place.offset);
        loop {
            let found = place.window.at(offset).map_err(JournalError::io("read", &place.file.path))?;
            let what = match record::read(found) {
                Found::Record(read) if read.lsn != lsn => "a record of another place",
                Found::Record(read) => {
                    let length = read.bytes;
                    match read.content {
                        Content::Movement(movement) => {
                            bytes.extend_from_slice(&found[..length]);
                            records.push(Recorded { lsn, at: read.at, movement });
                            (lsn, offset) = (lsn.next(), offset + length as u64);
                            continue;
                        }
                        Content::Seal(seal) => {
                            let hash = record::chain(&self.hash, &bytes, seal.durable, seal.count);
                            if hash == seal.hash && records.len() == seal.count as usize {
                                place.offset = offset + length as u64;
                                (self.next, self.hash) = (lsn.next(), hash);
                                return Ok(Next::Batch(Batch { records, last: lsn, hash }));
                            }
                            "a batch that does not continue the chain"
                        }
                    }
                }
                Found::Nothing if records.is_empty() => match self.turn_over()? {
                    Turned::Over => return self.next(),
                    Turned::End => return Ok(Next::End),
                    Turned::Stop(stop) => return Ok(Next::Stop(stop)),
                },
                Found::Nothing => "a batch without its seal",
                Found::Bad(what) => what,
            };
            return Ok(Next::Stop(Stop { file: place.file.clone(), offset, what }));
        }
    }

    fn turn_over(&mut self) -> Result<Turned, JournalError> {
        let file = SegmentFile::of(&self.folder, self.next);
        if self.at.as_ref().is_none_or(|place| place.file == file) || !file.path.exists() {
            return Ok(Turned::End);
        }
        let place = Place::open(&file).map_err(JournalError::io("read", &file.path))?;
        match place {
            Some(place) if place.head.first == self.next && place.head.before == self.hash => {
                self.at = Some(place);
                Ok(Turned::Over)
            }
            Some(_) => {
                Ok(Turned::Stop(Stop { file, offset: 0, what: "a file that does not continue the chain" }))
            }
            None => Ok(Turned::Stop(Stop { file, offset: 0, what: "a file without its head" })),
        }
    }
}

enum Turned {
    Over,
    End,
    Stop(Stop),
}

impl Place {
    fn open(file: &SegmentFile) -> io::Result<Option<Self>> {
        let opened = File::open(&file.path)?;
        let head = SegmentHead::read(&opened)?;
        Ok(head.map(|head| {
            let window = Window::over(opened);
            Self { file: file.clone(), head, offset: RECORDS_START, window }
        }))
    }
}

/// A stretch of a file in memory.
#[derive(Debug)]
pub(crate) struct Window {
    file: File,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    pub(crate) const fn over(file: File) -> Self {
        Self { file, start: 0, bytes: Vec::new() }
    }

    fn forget(&mut self) {
        self.bytes.clear();
    }

    /// The bytes from an offset on: as many as a record may have, or up to the end of the file.
    pub(crate) fn at(&mut self, offset: u64) -> io::Result<&[u8]> {
        let has = |window: &Self| {
            offset >= window.start
                && offset + RECORD_BYTES_MAX as u64 <= window.start + window.bytes.len() as u64
        };
        if !has(self) {
            self.bytes.resize(WINDOW_BYTES, 0);
            let mut filled = 0;
            while filled < WINDOW_BYTES {
                match self.file.read_at(&mut self.bytes[filled..], offset + filled as u64)? {
                    0 => break,
                    read => filled += read,
                }
            }
            self.bytes.truncate(filled);
            self.start = offset;
        }
        let from = usize::try_from(offset - self.start).expect("within a window");
        let to = self.bytes.len().min(from + RECORD_BYTES_MAX);
        Ok(self.bytes.get(from..to).unwrap_or_default())
    }
}
