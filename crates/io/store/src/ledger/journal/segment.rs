//! One file of the journal: its name, its head, and making one ahead of its use.
//!
//! Head: magic (8 bytes), version (u32), node (u32), epoch (u32), zeros (u32), first LSN (u64), time (i64), boot id (16),
//! hash of the chain before it (32), CRC-32C of all that (u32). Records begin at byte 4096.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::Timestamp;
use ledger::Lsn;
use rustix::fs::{FallocateFlags, fallocate};

use super::record::{ChainHash, checksum};

/// Where records begin.
pub(crate) const RECORDS_START: u64 = 4096;
const MAGIC: &[u8; 8] = b"BWLEDGER";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 92;
const ENDING: &str = ".journal";
const SPARE: &str = "spare-";
/// What is written at once where the file system cannot set room aside.
const ZEROS_BYTES: usize = 1 << 20;

/// Which start of which machine it was; pages that were never written out survive the end of a process, not of these.
pub(crate) type BootId = [u8; 16];

/// The head of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHead {
    pub(crate) node: u32,
    pub(crate) epoch: u32,
    pub(crate) first: Lsn,
    pub(crate) at: Timestamp,
    pub(crate) boot: BootId,
    pub(crate) before: ChainHash,
}

/// A file of the journal, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SegmentFile {
    pub(crate) first: Lsn,
    pub(crate) path: PathBuf,
}

impl SegmentHead {
    pub(crate) fn write(&self, file: &File) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES);
        bytes.extend_from_slice(MAGIC);
        for number in [VERSION, self.node, self.epoch, 0] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.first.0.to_le_bytes());
        bytes.extend_from_slice(&self.at.unix_ms().to_le_bytes());
        bytes.extend_from_slice(&self.boot);
        bytes.extend_from_slice(&self.before);
        let sum = checksum(&[&bytes]);
        bytes.extend_from_slice(&sum.to_le_bytes());
        file.write_all_at(&bytes, 0)
    }

    /// The head of a file; `None` if it has none.
    pub(crate) fn read(file: &File) -> io::Result<Option<Self>> {
        let mut bytes = [0; HEAD_BYTES];
        match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let is_ours = bytes[..8] == *MAGIC && word(8) == VERSION && word(88) == checksum(&[&bytes[..88]]);
        Ok(is_ours.then(|| Self {
            node: word(12),
            epoch: word(16),
            first: Lsn(long(24)),
            at: Timestamp(long(32).cast_signed()),
            boot: bytes[40..56].try_into().expect("sixteen bytes"),
            before: bytes[56..88].try_into().expect("thirty-two bytes"),
        }))
    }
}

impl SegmentFile {
    pub(crate) fn of(folder: &Path, first: Lsn) -> Self {
        Self { first, path: folder.join(format!("{:020}{ENDING}", first.0)) }
    }

    /// Every file of the journal, oldest first.
    pub(crate) fn all(folder: &Path) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for entry in folder.read_dir()? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Some(first) = name.strip_suffix(ENDING).and_then(|number| number.parse().ok()) {
                found.push(Self { first: Lsn(first), path });
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Files that were set aside and not used.
pub(crate) fn spares(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(SPARE)) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Makes an empty file of that size, with its room on the disk taken.
pub(crate) fn set_aside(folder: &Path, number: u64, bytes: u64) -> io::Result<(PathBuf, File)> {
    let path = folder.join(format!("{SPARE}{number}"));
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    let filled = match fallocate(&file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => file.sync_all(),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => fill(&file, bytes),
        Err(error) => Err(error.into()),
    };
    match filled {
        Ok(()) => Ok((path, file)),
        Err(error) => {
            // Half a file would take room that somebody else may need.
            let _ = std::fs::remove_file(&path);
            Err(error)
        }
    }
}

fn fill(file: &File, bytes: u64) -> io::Result<()> {
    let zeros = vec![0; ZEROS_BYTES];
    let mut at = 0;
    while at < bytes {
        let part = zeros.len().min(usize::try_from(bytes - at).unwrap_or(usize::MAX));
        file.write_all_at(&zeros[..part], at)?;
        at += part as u64;
    }
    file.sync_all()
}

/// Makes the names in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use ledger::Lsn;

    use super::{SegmentFile, SegmentHead, set_aside, spares};

    #[test]
    fn heads_read_back_and_damaged_ones_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = set_aside(folder.path(), 1, 8192).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 8192);
        assert_eq!(SegmentHead::read(&file).unwrap(), None);
        assert_eq!(spares(folder.path()).unwrap(), std::slice::from_ref(&path));
        let head = SegmentHead {
            node: 1,
            epoch: 2,
            first: Lsn(3),
            at: Timestamp(-4),
            boot: [5; 16],
            before: [6; 32],
        };
        head.write(&file).unwrap();
        assert_eq!(SegmentHead::read(&file).unwrap(), Some(head));
        std::os::unix::fs::FileExt::write_all_at(&file, &[9], 60).unwrap();
        assert_eq!(SegmentHead::read(&file).unwrap(), None);
        let named = SegmentFile::of(folder.path(), Lsn(3));
        std::fs::rename(path, &named.path).unwrap();
        assert_eq!(SegmentFile::all(folder.path()).unwrap(), [named]);
    }
}
