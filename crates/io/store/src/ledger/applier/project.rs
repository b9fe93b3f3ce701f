//! Taking batches of the journal into the database, one after the other, each once.

use std::path::PathBuf;

use domain::Money;
use ledger::{Books, Changes, Lsn, Purse, Recorded, Violation};

use super::rows::Rows;
use super::sql::{self, Written};
use crate::database::Database;
use crate::error::StoreError;
use crate::ledger::journal::{AppliedTo, BatchReader, JournalError, Next};

/// Records that one transaction takes, or a few more: batches are not divided.
const RECORDS_AT_ONCE: usize = 5_000;

/// What one step has brought into the database.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// How far the database has come.
    pub lsn: Lsn,
    /// How many records this step took.
    pub records: usize,
    /// Ends of calls that held nothing: never seen where the journal was written by us.
    pub unheld: u64,
    /// What was taken out of purses for gifts that had less left.
    pub given_back: Vec<(Purse, Money)>,
}

/// Why the database could not follow.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It failed; the next step tries the same again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read: the process must end.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Another process has taken the journal over: this one must end.
    #[error("another process has taken over the journal of money; this one may write no more and must end")]
    Fenced,
    /// Something that must always hold does not: nothing more is written.
    #[error("the ledger does not hold: {} ({}): {}", .0.invariant.number(), .0.invariant.words(), .0.what)]
    Violated(Violation),
}

/// Follows the journal into the database.
#[derive(Debug)]
pub struct Applier {
    database: Database,
    node: u32,
    epoch: u32,
    folder: PathBuf,
    /// Once there is something to read.
    reader: Option<BatchReader>,
    books: Books,
    applied: AppliedTo,
    /// Where this start's own records begin: what was given back before is in the cells already.
    recovered: Lsn,
    /// Read and not yet folded.
    read: Option<(AppliedTo, Vec<Recorded>)>,
    /// Folded and not yet in the database.
    pending: Option<(AppliedTo, Changes, usize)>,
}

impl Applier {
    /// Behind what the database has; `books` are what it has.
    pub(crate) const fn new(
        database: Database,
        folder: PathBuf,
        (node, epoch): (u32, u32),
        books: Books,
        applied: AppliedTo,
        recovered: Lsn,
    ) -> Self {
        Self {
            database,
            folder,
            node,
            epoch,
            reader: None,
            books,
            applied,
            recovered,
            read: None,
            pending: None,
        }
    }

    /// How far the database has come.
    pub const fn applied(&self) -> Lsn {
        self.applied.lsn
    }

    /// The books as the database has them, and as far as a step that failed has come.
    pub const fn books(&self) -> &Books {
        &self.books
    }

    /// Takes in some of what is on the disk. Dropped half-way, it does the same again.
    pub async fn step(&mut self, durable: Lsn) -> Result<Applied, ApplyError> {
        if self.pending.is_none() {
            self.fold(durable).await?;
        }
        let Some((after, changes, records)) = &self.pending else {
            return Ok(Applied { lsn: self.applied.lsn, ..Applied::default() });
        };
        let rows = Rows::of(self.node, &self.books, changes).map_err(ApplyError::Violated)?;
        let written = sql::write(&self.database, self.node, self.epoch, self.applied.lsn, after, &rows).await;
        match written.map_err(StoreError::database("write the ledger"))? {
            Written::Fenced => Err(ApplyError::Fenced),
            Written::Yes => {
                let given_back =
                    if self.applied.lsn < self.recovered { &[][..] } else { &changes.given_back };
                let applied = Applied {
                    lsn: after.lsn,
                    records: *records,
                    unheld: changes.unheld,
                    given_back: given_back.to_vec(),
                };
                self.applied = *after;
                self.pending = None;
                self.books.forget_keys();
                Ok(applied)
            }
        }
    }

    /// Stands still between any two steps of its own where it is dropped or the database fails.
    async fn fold(&mut self, durable: Lsn) -> Result<(), ApplyError> {
        if self.read.is_none() {
            self.read = self.read(durable)?;
        }
        let Some((after, records)) = &self.read else { return Ok(()) };
        let keys: Vec<&str> =
            records.iter().filter_map(|it| it.movement.key()).map(ledger::EntryKey::as_str).collect();
        for key in sql::used_keys(&self.database, &keys).await? {
            self.books.load_key(key);
        }
        let mut changes = Changes::default();
        for recorded in records {
            self.books.apply(recorded, &mut changes);
        }
        self.pending = Some((*after, changes, records.len()));
        self.read = None;
        Ok(())
    }

    fn read(&mut self, durable: Lsn) -> Result<Option<(AppliedTo, Vec<Recorded>)>, JournalError> {
        let (mut after, mut records) = (self.applied, Vec::new());
        if durable <= after.lsn {
            return Ok(None);
        }
        if self.reader.is_none() {
            self.reader = BatchReader::behind(&self.folder, after.lsn)?;
        }
        let Some(reader) = &mut self.reader else { return Ok(None) };
        reader.look_again();
        while reader.next_lsn() <= durable && records.len() < RECORDS_AT_ONCE {
            let is_known = reader.next_lsn() <= self.applied.lsn;
            match reader.next()? {
                Next::Batch(_) if is_known => continue,
                Next::Batch(batch) => {
                    after = AppliedTo { lsn: batch.last, hash: batch.hash };
                    records.extend(batch.records);
                }
                Next::End => break,
                Next::Stop(stop) => return Err(stop.damaged(reader.next_lsn())),
            }
            // A step never reaches over the beginning of this start.
            if after.lsn == self.recovered {
                break;
            }
        }
        Ok((!records.is_empty()).then_some((after, records)))
    }
}
