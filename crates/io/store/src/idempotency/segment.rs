//! One file: named by its hour and its number, with a key of its own, which lies sealed in its head.
//!
//! Head: magic (8 bytes), version (u32), length of the sealed key (u32), the sealed key. Records follow.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::Timestamp;

use super::record::RecordSeal;
use crate::random::random;
use crate::seal::Seal;

const MAGIC: &[u8; 8] = b"BWANSWER";
const VERSION: u32 = 1;
const FIXED_BYTES: usize = 16;
const SEALED_KEY_BYTES_MAX: usize = 256;
const PURPOSE: &str = "idempotency answers v1";
const ENDING: &str = ".answers";
const MS_PER_HOUR: i64 = 3_600_000;

/// Whole hours since the Unix epoch.
pub(super) type Hour = i64;

/// A file by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SegmentFile {
    pub(super) number: u32,
    pub(super) hour: Hour,
    pub(super) path: PathBuf,
}

/// An open file.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) named: SegmentFile,
    pub(super) file: File,
    pub(super) seal: RecordSeal,
    /// Where records begin.
    pub(super) start: u64,
}

/// The hour of a moment.
pub(super) const fn hour_of(moment: Timestamp) -> Hour {
    moment.unix_ms().div_euclid(MS_PER_HOUR)
}

/// When the hour is over.
pub(super) const fn end_of(hour: Hour) -> Timestamp {
    Timestamp((hour + 1) * MS_PER_HOUR)
}

impl SegmentFile {
    /// Every file, oldest first.
    pub(super) fn all(folder: &Path) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for entry in folder.read_dir()? {
            let path = entry?.path();
            found.extend(Self::named(path));
        }
        found.sort();
        Ok(found)
    }

    fn named(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?;
        let (hour, number) = name.split_once('.')?;
        let hour = Timestamp::parse(&format!("{hour}:00:00Z"))?;
        Some(Self { number: number.parse().ok()?, hour: hour_of(hour), path })
    }
}

impl Segment {
    /// Makes a file; one that cannot be made is taken away again.
    pub(super) fn make(folder: &Path, number: u32, hour: Hour, seal: &Seal) -> io::Result<Self> {
        let begins = Timestamp(hour * MS_PER_HOUR).rfc3339();
        let path = folder.join(format!("{}.{number:08}{ENDING}", begins.get(..13).unwrap_or(&begins)));
        let key = random::<32>();
        let sealed = seal.seal(PURPOSE, &key);
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
        head.extend_from_slice(&sealed);
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        if let Err(error) = file.write_all_at(&head, 0) {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        let named = SegmentFile { number, hour, path };
        Ok(Self { named, file, seal: RecordSeal::new(&key), start: head.len() as u64 })
    }

    /// Opens a file; `None` if its head is not whole, or was sealed under another master key.
    pub(super) fn open(named: SegmentFile, seal: &Seal) -> io::Result<Option<Self>> {
        let file = File::open(&named.path)?;
        let length = file.metadata()?.len();
        let mut fixed = [0; FIXED_BYTES];
        if length < FIXED_BYTES as u64 {
            return Ok(None);
        }
        file.read_exact_at(&mut fixed, 0)?;
        let word = |at: usize| u32::from_le_bytes(fixed[at..at + 4].try_into().expect("four bytes"));
        let sealed_bytes = word(12) as usize;
        let start = (FIXED_BYTES + sealed_bytes) as u64;
        if fixed[..8] != *MAGIC || word(8) != VERSION || sealed_bytes > SEALED_KEY_BYTES_MAX || length < start
        {
            return Ok(None);
        }
        let mut sealed = vec![0; sealed_bytes];
        file.read_exact_at(&mut sealed, FIXED_BYTES as u64)?;
        let key = seal.open(PURPOSE, &sealed).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
        Ok(key.map(|key| Self { named, file, seal: RecordSeal::new(&key), start }))
    }
}
