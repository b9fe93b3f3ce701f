//! Where the journal ends, and whether that is an end: a record that was cut off by a crash is left out, one that is
//! damaged while later ones are there stops everything.
//!
//! What was written and not yet on the disk may be lost by a power cut in any order of its pages. So after a power cut
//! (another boot id) a hole is damage only if a later seal says that the disk had it; after the mere end of a process
//! the system has kept every page, and any hole is damage.

use std::fs::{File, OpenOptions, remove_file};
use std::io;
use std::path::Path;

use ledger::{Lsn, Recorded};

use super::error::JournalError;
use super::fail_point;
use super::reader::{BatchReader, Next, Stop, Window};
use super::record::{self, ChainHash, Content, Found, RECORD_ALIGN};
use super::segment::{BootId, RECORDS_START, SegmentFile, sync_folder};

/// The journal as it was found.
#[derive(Debug)]
pub(crate) struct Tail {
    /// The last record, a seal.
    pub(crate) last: Lsn,
    /// What the chain comes to there.
    pub(crate) hash: ChainHash,
    /// Where the file with the last record is to end.
    end: Option<(SegmentFile, u64)>,
    /// Bytes behind that which are no records.
    pub(crate) torn_bytes: u64,
}

/// What a database has of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AppliedTo {
    pub(crate) lsn: Lsn,
    pub(crate) hash: ChainHash,
}

/// Reads the journal to its end, and shows the records that the database has not. Changes nothing.
///
/// Without any file the journal begins where the database is, if `may_be_lost`.
pub(crate) fn find(
    folder: &Path,
    applied: AppliedTo,
    may_be_lost: bool,
    mut show: impl FnMut(Recorded),
) -> Result<Tail, JournalError> {
    let Some(mut reader) = BatchReader::behind(folder, applied.lsn)? else {
        if applied.lsn > Lsn(0) && !may_be_lost {
            return Err(JournalError::Missing { applied: applied.lsn, path: folder.to_owned() });
        }
        return Ok(Tail { last: applied.lsn, hash: applied.hash, end: None, torn_bytes: 0 });
    };
    let before = |lsn: Lsn| Lsn(lsn.0 - 1);
    let check = |last: Lsn, hash: ChainHash| {
        let is_foreign = last == applied.lsn && hash != applied.hash;
        if is_foreign { Err(JournalError::Foreign { applied: applied.lsn }) } else { Ok(()) }
    };
    if reader.place().is_some() {
        check(before(reader.next_lsn()), reader.hash())?;
    }
    let stop = loop {
        match reader.next()? {
            Next::Batch(batch) => {
                check(batch.last, batch.hash)?;
                let is_within = |lsn: Lsn| lsn <= applied.lsn;
                if batch.last > applied.lsn && batch.records.first().is_some_and(|it| is_within(it.lsn)) {
                    return Err(JournalError::Foreign { applied: applied.lsn });
                }
                batch.records.into_iter().filter(|it| !is_within(it.lsn)).for_each(&mut show);
            }
            Next::End => break None,
            Next::Stop(stop) => break Some(stop),
        }
    };
    let (last, hash) = (before(reader.next_lsn()), reader.hash());
    let torn_bytes = torn_bytes(folder, &reader, stop, last.next())?;
    if last < applied.lsn {
        return Err(JournalError::Behind { applied: applied.lsn, last });
    }
    let end = reader.place().map(|(file, _, offset)| (file.clone(), offset));
    Ok(Tail { last, hash, end, torn_bytes })
}

/// How much lies behind the end and is no record; an error where it is a part of the journal.
fn torn_bytes(
    folder: &Path,
    reader: &BatchReader,
    stop: Option<Stop>,
    lsn: Lsn,
) -> Result<u64, JournalError> {
    let files = SegmentFile::all(folder).map_err(JournalError::io("list", folder))?;
    let (mut torn, mut boot) = (0, None);
    let mut from = RECORDS_START;
    let mut first = lsn;
    if let Some((file, head, offset)) = reader.place() {
        (boot, from, first) = (Some(head.boot), offset, file.first);
    }
    for file in files.iter().filter(|file| file.first >= first) {
        let start = if file.first == first { from } else { RECORDS_START };
        let behind = look_behind(file, start, lsn, boot).map_err(JournalError::io("read", &file.path))?;
        match behind {
            Behind::Nothing => {}
            Behind::Torn(bytes) => torn += bytes,
            Behind::Journal => {
                let found = stop.map(|stop| (stop.file.path, stop.offset, stop.what));
                let (path, offset, what) =
                    found.unwrap_or_else(|| (file.path.clone(), start, "nothing where records were"));
                return Err(JournalError::Damaged { path, offset, lsn, what });
            }
        }
    }
    Ok(torn)
}

enum Behind {
    Nothing,
    Torn(u64),
    Journal,
}

/// What lies in a file behind where the journal came to an end.
fn look_behind(file: &SegmentFile, start: u64, lsn: Lsn, boot: Option<BootId>) -> io::Result<Behind> {
    let opened = File::open(&file.path)?;
    let length = opened.metadata()?.len();
    let now = boot_id();
    let is_same_boot = boot.is_some_and(|boot| boot == now && now != BootId::default());
    let mut window = Window::over(opened);
    let (mut offset, mut last_byte) = (start, start);
    while offset < length {
        let bytes = window.at(offset)?;
        let Some(at) = bytes.iter().position(|byte| *byte != 0) else {
            offset += (bytes.len().max(1) as u64).next_multiple_of(RECORD_ALIGN as u64);
            continue;
        };
        let skipped = at - at % RECORD_ALIGN;
        offset += skipped as u64;
        last_byte = offset + RECORD_ALIGN as u64;
        if let Found::Record(found) = record::read(&bytes[skipped..])
            && let Content::Seal(seal) = found.content
            && found.lsn >= lsn
            && (is_same_boot || seal.durable >= lsn)
        {
            return Ok(Behind::Journal);
        }
        offset += RECORD_ALIGN as u64;
    }
    Ok(if last_byte > start { Behind::Torn(last_byte - start) } else { Behind::Nothing })
}

impl Tail {
    /// Cuts off what is no record, and makes all before it last: from here on it is the truth.
    pub(crate) fn repair(&self, folder: &Path) -> Result<(), JournalError> {
        let files = SegmentFile::all(folder).map_err(JournalError::io("list", folder))?;
        for file in files {
            let is_last = self.end.as_ref().filter(|(end, _)| *end == file);
            let done = match is_last {
                Some((_, offset)) if *offset > RECORDS_START => cut(&file.path, *offset),
                // A file that was begun and holds nothing, or one behind the end.
                Some(_) => remove_file(&file.path),
                None if file.first > self.last => remove_file(&file.path),
                None => Ok(()),
            };
            done.map_err(JournalError::io("repair", &file.path))?;
        }
        sync_folder(folder).map_err(JournalError::io("sync", folder))
    }
}

fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    fail_point::reached("cut")?;
    file.set_len(length)?;
    file.sync_all()
}

/// Which start of this machine it is; zeros where the system does not say.
pub(crate) fn boot_id() -> BootId {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).map_or_else(|_| BootId::default(), u128::to_be_bytes)
}
