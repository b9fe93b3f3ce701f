//! Uploads that do not fit into memory: each in a file without a name, which the system takes away when nobody holds it,
//! however a call or the process ends. Files are written on threads that may wait for a disk.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::task::spawn_blocking;
use upstream::FileBody;

/// Where uploads lie, and how much of the disk they may take.
#[derive(Debug)]
pub(crate) struct Spool {
    dir: PathBuf,
    bytes_max: u64,
    bytes_taken: Arc<AtomicU64>,
}

/// Why an upload cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolFailure {
    /// All uploads together take as much as they may.
    #[error("uploads take as much of the disk as they may")]
    Full,
    /// The file system refuses.
    #[error("the file system refuses: {0}")]
    Disk(#[from] io::Error),
}

/// An upload that is being written.
#[derive(Debug)]
pub(crate) struct SpoolFile {
    file: File,
    room: Room,
}

/// An upload that lies in its file.
#[derive(Debug)]
pub(crate) struct Spooled {
    pub(crate) body: FileBody,
    _room: Room,
}

/// Disk that is taken; given back when dropped.
#[derive(Debug)]
struct Room {
    bytes: u64,
    bytes_taken: Arc<AtomicU64>,
}

impl Spool {
    pub(crate) fn new(dir: PathBuf, bytes_max: usize) -> Self {
        Self { dir, bytes_max: bytes_max as u64, bytes_taken: Arc::default() }
    }

    /// How much is taken right now.
    pub(crate) fn bytes_taken(&self) -> u64 {
        self.bytes_taken.load(Ordering::Relaxed)
    }

    /// A new file.
    pub(crate) async fn open(&self) -> Result<SpoolFile, SpoolFailure> {
        let dir = self.dir.clone();
        let file = blocking(move || tempfile::tempfile_in(dir)).await?;
        Ok(SpoolFile { file, room: Room { bytes: 0, bytes_taken: self.bytes_taken.clone() } })
    }

    /// Writes behind what is written. Whoever stops waiting for it loses the file.
    pub(crate) async fn write(
        &self,
        written: SpoolFile,
        pieces: Vec<Bytes>,
    ) -> Result<SpoolFile, SpoolFailure> {
        let SpoolFile { mut file, mut room } = written;
        let length = pieces.iter().map(|piece| piece.len() as u64).sum();
        if !room.grow_by(length, self.bytes_max) {
            return Err(SpoolFailure::Full);
        }
        let file = blocking(move || {
            pieces.iter().try_for_each(|piece| file.write_all(piece))?;
            Ok(file)
        });
        Ok(SpoolFile { file: file.await?, room })
    }
}

impl SpoolFile {
    /// All is written.
    pub(crate) fn finish(self) -> Spooled {
        let body = FileBody::new(self.file, self.room.bytes);
        Spooled { body, _room: self.room }
    }
}

impl Room {
    fn grow_by(&mut self, bytes: u64, bytes_max: u64) -> bool {
        let grown = self.bytes_taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
            taken.checked_add(bytes).filter(|taken| *taken <= bytes_max)
        });
        if grown.is_ok() {
            self.bytes += bytes;
        }
        grown.is_ok()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.bytes_taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Whether files can be made there; the system's words if not.
pub fn try_spool_dir(dir: &Path) -> io::Result<()> {
    tempfile::tempfile_in(dir).map(drop)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|ended| Err(io::Error::other(ended)))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Spool, SpoolFailure};

    #[tokio::test]
    async fn what_is_taken_is_bounded_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(dir.path().to_owned(), 10);
        let first = spool.open().await.unwrap();
        let first = spool.write(first, vec![Bytes::from_static(b"0123"), Bytes::from_static(b"45")]);
        let first = first.await.unwrap().finish();
        assert_eq!((spool.bytes_taken(), first.body.length()), (6, 6));
        assert_eq!(dir.path().read_dir().unwrap().count(), 0, "the file has no name");
        let second = spool.open().await.unwrap();
        let refused = spool.write(second, vec![Bytes::from_static(b"01234")]).await;
        assert!(matches!(refused, Err(SpoolFailure::Full)));
        assert_eq!(spool.bytes_taken(), 6);
        drop(first);
        assert_eq!(spool.bytes_taken(), 0);
    }

    #[tokio::test]
    async fn a_directory_that_is_not_there_is_an_error() {
        let spool = Spool::new("/nowhere/at/all".into(), 10);
        assert!(matches!(spool.open().await, Err(SpoolFailure::Disk(_))));
    }
}
