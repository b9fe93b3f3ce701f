//! The data directory: made private, and held by one process at a time. What lies in it is known to its readers.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The advisory lock; its content is the holder's process id. The file stays, the lock goes with the process.
const LOCK_FILE: &str = "lock";

/// A data directory that exists. Reading what the holder left for others is allowed, changing is not.
#[derive(Clone, Debug)]
pub struct DataDir {
    path: PathBuf,
}

/// A data directory that this process alone may change, until this is dropped.
#[derive(Debug)]
pub struct LockedDataDir {
    dir: DataDir,
    // Held for its lock, which the system releases however the process ends.
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// The file system refused.
    #[error("cannot {doing} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds it.
    #[error(
        "{path} is in use by {holder}, a server or a command that is not done; stop it first, or choose another --data-dir",
        path = path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The other process, as far as it said who it is.
        holder: Holder,
    },
}

/// Who holds a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder(Option<u32>);

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(pid) => write!(f, "process {pid}"),
            None => f.write_str("another process"),
        }
    }
}

impl DataDir {
    /// Makes the directory and its parents if missing, readable by its owner only.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, DataDirError> {
        let path = path.into();
        match DirBuilder::new().recursive(true).mode(0o700).create(&path) {
            Ok(()) => Ok(Self { path }),
            Err(source) => Err(DataDirError::Io { doing: "create the data directory", path, source }),
        }
    }

    /// Takes the directory for this process, or says who has it. Never waits.
    pub fn lock(&self) -> Result<LockedDataDir, DataDirError> {
        let path = self.join(LOCK_FILE);
        let failed = |source| DataDirError::Io { doing: "lock", path: path.clone(), source };
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DataDirError::InUse { path: self.path.clone(), holder: read_holder(&lock) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id())).map_err(failed)?;
        Ok(LockedDataDir { dir: self.clone(), _lock: lock })
    }

    /// Who holds the directory now, if anybody does.
    pub fn holder(&self) -> Option<Holder> {
        // The process is asked for first: probing the lock could get in the way of a server that is just starting.
        let holder = read_holder(&File::open(self.join(LOCK_FILE)).ok()?);
        (holder.0.is_none_or(is_alive) && self.is_locked()).then_some(holder)
    }

    /// Whether some process holds the directory now.
    pub(crate) fn is_locked(&self) -> bool {
        let Ok(lock) = File::open(self.join(LOCK_FILE)) else { return false };
        matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl LockedDataDir {
    /// The directory itself.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Puts a small file in place whole, so that no reader ever sees half of it.
    pub(crate) fn replace(&self, name: &str, content: &[u8]) -> Result<(), DataDirError> {
        let path = self.join(name);
        let draft = path.with_extension("draft");
        fs::write(&draft, content)
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(|source| DataDirError::Io { doing: "write", path, source })
    }
}

/// Where the system does not tell, the lock alone decides.
pub(crate) fn is_alive(pid: u32) -> bool {
    let processes = Path::new("/proc/self");
    !processes.exists() || Path::new(&format!("/proc/{pid}")).exists()
}

fn read_holder(lock: &File) -> Holder {
    const PID_DIGITS_MAX: u64 = 10;
    let mut text = String::new();
    let read = lock.take(PID_DIGITS_MAX).read_to_string(&mut text);
    Holder(read.ok().and_then(|_| text.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{DataDir, DataDirError};

    #[test]
    fn the_directory_is_made_private() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::create(parent.path().join("a/b")).unwrap();
        assert_eq!(dir.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_second_holder_is_refused_and_told_who_is_first() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::create(parent.path()).unwrap();
        assert!(!dir.is_locked() && dir.holder().is_none());
        let first = dir.lock().unwrap();
        assert!(dir.is_locked());
        assert_eq!(dir.holder().unwrap().to_string(), format!("process {}", std::process::id()));
        let error = dir.lock().unwrap_err();
        assert!(matches!(error, DataDirError::InUse { .. }));
        let told = format!(
            "{} is in use by process {}, a server or a command that is not done; stop it first, or choose another --data-dir",
            parent.path().display(),
            std::process::id()
        );
        assert_eq!(error.to_string(), told);
        drop(first);
        assert_eq!(dir.holder(), None, "its number is still there, and means nothing");
        assert!(dir.lock().is_ok());
    }

    #[test]
    fn what_cannot_be_made_says_where() {
        let parent = tempfile::tempdir().unwrap();
        std::fs::write(parent.path().join("file"), "").unwrap();
        let error = DataDir::create(parent.path().join("file/data")).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot create the data directory ") && error.contains("file/data"),
            "{error}"
        );
    }
}
