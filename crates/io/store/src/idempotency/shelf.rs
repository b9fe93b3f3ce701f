//! Where answers are kept: opened at the start, asked by every call with a key, closed when the last call has ended.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use domain::{Repeat, RequestDigest, Timestamp};
use tokio::time::timeout;

use super::answer::KeptAnswer;
use super::claim::{Claim, Claimed};
use super::digests::KeyName;
use super::index::{Heard, Index};
use super::opened::{Reopened, reopen};
use super::queue::{Inlet, queue};
use super::segments::{AnswerPlace, Segments};
use super::shelved::{Counts, Shelved};
use super::sizes::{ShelfSizes, Sizes};
use super::writer::Writer;
use crate::seal::Seal;

/// How long a stop waits for a disk that takes nothing.
const CLOSE_WAIT_MAX: Duration = Duration::from_secs(5);

/// The answers that are kept. Clones are the same.
#[derive(Clone, Debug)]
pub struct AnswerShelf {
    shelved: Arc<Shelved>,
    inlet: Inlet,
    now: fn() -> Timestamp,
}

/// Why an answer cannot be told again.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Its file had to make room.
    #[error("it was dropped")]
    Dropped,
    /// It cannot be read as it was written.
    #[error("it cannot be read: {0}")]
    Damaged(#[from] io::Error),
}

impl AnswerShelf {
    /// Opens the folder, made if it is missing, and starts the thread that writes. `now` is the wall clock.
    pub fn open(
        folder: &Path,
        seal: Seal,
        sizes: ShelfSizes,
        now: fn() -> Timestamp,
    ) -> io::Result<(Self, Reopened)> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let shelved = Arc::new(Shelved {
            index: Index::new(),
            segments: Segments::default(),
            sizes: Sizes::new(sizes),
            counts: Counts::default(),
        });
        let since = Timestamp(now().unix_ms().saturating_sub(shelved.sizes.keep_ms()));
        let (reopened, next_number) = reopen(folder, &seal, &shelved, since)?;
        let (inlet, orders) = queue();
        let folder = folder.to_owned();
        let writer = Writer { shelved: shelved.clone(), folder, seal, now, next_number, current: None };
        let _: JoinHandle<()> =
            std::thread::Builder::new().name("idempotency".to_owned()).spawn(move || writer.run(&orders))?;
        Ok((Self { shelved, inlet, now }, reopened))
    }

    /// What a request with a key gets.
    pub fn claim(&self, name: KeyName, request: RequestDigest) -> Claim {
        let at = (self.now)();
        let since = Timestamp(at.unix_ms().saturating_sub(self.shelved.sizes.keep_ms()));
        match self.shelved.index.claim(Heard { name, request, at, segment: None }, since) {
            Repeat::Anew => {
                let parts = (self.shelved.clone(), self.inlet.clone());
                Claim::Anew(Claimed::new(parts, (name, request), self.now))
            }
            Repeat::Reused => Claim::Reused,
            Repeat::InUse => Claim::InUse,
            Repeat::Replay(place) => Claim::Replay(place),
            Repeat::TooLarge => Claim::TooLarge,
            Repeat::Unknown => Claim::Unknown,
        }
    }

    /// Reads an answer that is kept. It waits for the disk.
    pub fn read(&self, place: AnswerPlace) -> Result<KeptAnswer, ReadError> {
        let bytes = self.shelved.segments.read(place)?.ok_or(ReadError::Dropped)?;
        KeptAnswer::read(&bytes).ok_or_else(|| io::Error::other("it is no answer").into())
    }

    /// Heeds other sizes from now on.
    pub fn heed(&self, sizes: ShelfSizes) {
        self.shelved.sizes.set(sizes);
    }

    /// Keys that are known.
    pub fn keys(&self) -> u64 {
        self.shelved.index.keys()
    }

    /// How much of the disk is taken.
    pub fn bytes(&self) -> u64 {
        self.shelved.segments.bytes()
    }

    /// Writes and deletions that failed.
    pub fn failures(&self) -> u64 {
        self.shelved.counts.failures()
    }

    /// Files that had to go before their time.
    pub fn files_dropped_for_room(&self) -> u64 {
        self.shelved.counts.files_dropped_for_room()
    }

    /// Has written all that was handed over when this returns, or has been given up.
    pub async fn close(&self) {
        let _ = timeout(CLOSE_WAIT_MAX, self.inlet.end()).await;
    }
}
