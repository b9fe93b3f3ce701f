//! Who a journal is: an id that is made at its beginning and kept in a small file beside it. What lies elsewhere and belongs to it
//! says that id, as the table of running calls does (docs/decisions/0041).

use std::fmt;
use std::fs::{OpenOptions, read_to_string, rename};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::JournalError;
use super::fail_point;
use super::open::JournalFolder;
use super::segment::{SegmentFile, sync_folder};
use crate::random::random;

/// In the folder of the journal: the id in hexadecimal digits.
const ID_FILE: &str = "id";
const DRAFT_FILE: &str = "id.draft";
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// The id of a journal; zeros are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct JournalId(pub(crate) [u8; 16]);

/// A journal, as what belongs to it knows it.
#[derive(Clone, Debug)]
pub(crate) struct JournalIdentity {
    folder: PathBuf,
    id: JournalId,
    /// Its folder, and on which host.
    place: String,
    /// The id is out of its file; else it was made now.
    is_kept: bool,
    /// It has records.
    is_begun: bool,
    /// Somebody has said that the one before it is lost.
    is_lost: bool,
}

impl JournalId {
    fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u128::from_str_radix(text, 16).ok().filter(|id| is_id && *id > 0)?;
        Some(Self(id.to_be_bytes()))
    }
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl JournalIdentity {
    /// Reads the id of the journal in a folder; one that has none gets one, which lasts from [`JournalIdentity::keep`] on.
    pub(crate) fn of(folder: &JournalFolder, is_lost: bool) -> Result<Self, JournalError> {
        let folder = folder.path();
        let path = folder.join(ID_FILE);
        let kept = match read_to_string(&path) {
            Ok(text) => {
                let id = JournalId::parse(text.trim());
                Some(id.ok_or(JournalError::NoId { path })?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(JournalError::NoId { path });
            }
            Err(error) => return Err(JournalError::io("read", path)(error)),
        };
        let is_begun = !SegmentFile::all(folder).map_err(JournalError::io("list", folder))?.is_empty();
        Ok(Self {
            folder: folder.to_owned(),
            id: kept.unwrap_or_else(|| JournalId(random())),
            place: place(folder),
            is_kept: kept.is_some(),
            is_begun,
            is_lost,
        })
    }

    /// Its id.
    pub(crate) const fn id(&self) -> JournalId {
        self.id
    }

    /// Its folder, and on which host, for people.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether what says this id is this journal's. `place` is where the journal of that id was, as far as known.
    pub(crate) fn has_made(&self, id: JournalId, place: Option<&str>) -> bool {
        if self.is_kept || id == self.id {
            return id == self.id;
        }
        if id == JournalId::default() {
            // A journal from before there were ids: nothing of it said one.
            return self.is_begun;
        }
        // What the lost one has left, which nobody else can settle any more.
        self.is_lost && place == Some(&self.place)
    }

    /// Makes a new id last. To be done when nothing is left that a former start has left behind, and before anything says it.
    pub(crate) fn keep(&self) -> Result<(), JournalError> {
        if self.is_kept {
            return Ok(());
        }
        let (draft, path) = (self.folder.join(DRAFT_FILE), self.folder.join(ID_FILE));
        self.write(&draft, &path).map_err(JournalError::io("write", path))
    }

    /// Whole or not at all.
    fn write(&self, draft: &Path, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft)?;
        writeln!(file, "{}", self.id)?;
        file.sync_all()?;
        fail_point::reached("named")?;
        rename(draft, path)?;
        sync_folder(&self.folder)
    }
}

/// Two containers may see two folders under one path.
fn place(folder: &Path) -> String {
    let path = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let host = read_to_string(HOST_NAME).unwrap_or_default();
    format!("{} on {}", path.display(), host.trim())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::super::open::JournalFolder;
    use super::{ID_FILE, JournalId, JournalIdentity};

    fn identity(parent: &Path, is_lost: bool) -> JournalIdentity {
        JournalIdentity::of(&JournalFolder::lock(parent, 0).unwrap(), is_lost).unwrap()
    }

    #[test]
    fn a_journal_has_one_id_for_good_once_it_is_kept() {
        let parent = tempfile::tempdir().unwrap();
        let first = identity(parent.path(), false);
        let second = identity(parent.path(), false);
        assert_ne!(first.id(), second.id(), "the first was never kept");
        second.keep().unwrap();
        let third = identity(parent.path(), true);
        assert_eq!(third.id(), second.id());
        third.keep().unwrap();
        assert_eq!(identity(parent.path(), false).id(), second.id());
        let file = parent.path().join("node-0").join(ID_FILE);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}\n", second.id()));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file.parent().unwrap().read_dir().unwrap().count(), 2, "with the lock; no draft is left");
    }

    #[test]
    fn what_is_no_id_is_refused_and_left() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("node-0").join(ID_FILE);
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        let zeros = "0".repeat(32);
        for content in ["", "5", "+0000000000000000000000000000001", &zeros, "x", "\u{e9}"] {
            std::fs::write(&file, content).unwrap();
            let folder = JournalFolder::lock(parent.path(), 0).unwrap();
            let refused = JournalIdentity::of(&folder, true).unwrap_err().to_string();
            assert!(refused.contains("is no id of a journal"), "{content:?}: {refused}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
        }
        std::fs::write(&file, [0xff, 0xfe]).unwrap();
        let folder = JournalFolder::lock(parent.path(), 0).unwrap();
        assert!(JournalIdentity::of(&folder, false).is_err());
    }

    #[test]
    fn only_a_journal_from_before_ids_takes_what_says_none_and_only_one_begun_anew_what_was_left_in_its_place()
     {
        let parent = tempfile::tempdir().unwrap();
        let (none, other) = (JournalId::default(), JournalId([7; 16]));
        let taken = |journal: &JournalIdentity| {
            let ids = [(journal.id(), None), (none, None), (other, Some("elsewhere"))];
            let here = journal.has_made(other, Some(journal.place()));
            (ids.map(|(id, place)| journal.has_made(id, place)), here)
        };
        assert_eq!(taken(&identity(parent.path(), false)), ([true, false, false], false), "a new one");
        assert_eq!(taken(&identity(parent.path(), true)), ([true, false, false], true), "one begun anew");
        std::fs::write(parent.path().join("node-0").join("00000000000000000001.journal"), "").unwrap();
        let unnamed = identity(parent.path(), false);
        assert_eq!(taken(&unnamed), ([true, true, false], false), "one from before ids");
        let again = identity(parent.path(), true);
        assert!(taken(&again).1, "one begun anew that a crash cut off before it had its id");
        unnamed.keep().unwrap();
        assert_eq!(taken(&identity(parent.path(), false)), ([true, false, false], false), "once");
    }
}
