//! Files of databases that are not in their place yet: a crash leaves an empty place, and a file that the next try removes.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::error::BackupError;

/// A database file that is not in its place yet; what is left of it goes with this.
pub(super) struct Beside {
    pub(super) path: PathBuf,
}

impl Beside {
    pub(super) fn new(place: &Path) -> Result<Self, BackupError> {
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(".restoring");
        let beside = Self { path: place.with_file_name(name) };
        // Of a restore that crashed.
        beside.clear().map_err(BackupError::file("remove what an earlier restore has left"))?;
        Ok(beside)
    }

    pub(super) fn put_in_place(&self, place: &Path) -> Result<(), BackupError> {
        let put = fs::rename(&self.path, place).and_then(|()| {
            let directory = place.parent().unwrap_or(Path::new("."));
            fs::File::open(directory)?.sync_all()
        });
        put.map_err(BackupError::file("put the database in its place"))
    }

    fn clear(&self) -> io::Result<()> {
        for ending in ["", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(ending);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Where it is in its place, there is nothing left; else the next try removes it.
        let _ = self.clear();
    }
}
