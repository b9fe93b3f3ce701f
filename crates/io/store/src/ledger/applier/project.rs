//! Taking batches of the journal into the database, one after the other, each once.

use std::path::PathBuf;

use domain::{Money, Timestamp};
use ledger::{Books, Changes, EntryKey, Lsn, Movement, Purse, Recorded, Violation};

use super::loading::{load, settled_calls};
use super::rows::Rows;
use super::sql::{self, Written};
use crate::database::Database;
use crate::error::StoreError;
use crate::ledger::journal::{AppliedTo, BatchReader, JournalError, Next};

/// Records that one transaction takes, or a few more: batches are not divided.
const RECORDS_AT_ONCE: usize = 20_000;

/// What one step has brought into the database.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// How far the database has come.
    pub lsn: Lsn,
    /// How many records this step took.
    pub records: usize,
    /// Ends of calls that held nothing: never seen where the journal was written by us.
    pub unheld: u64,
    /// What was taken out of purses for what came to less, as a gift that had less left; negative where it was given.
    pub given_back: Vec<(Purse, Money)>,
    /// When the first of the gifts that began will end.
    pub lapses_at: Option<Timestamp>,
    /// What had happened before and did not happen again: never seen where the journal was written by us. To be logged.
    pub repeated: Vec<EntryKey>,
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
    pending: Option<Folded>,
}

/// Records and what they change.
#[derive(Debug)]
struct Folded {
    after: AppliedTo,
    records: Vec<Recorded>,
    changes: Changes,
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
        let mut is_careful = false;
        loop {
            let Some(Folded { after, changes, .. }) = &self.pending else {
                return Ok(Applied { lsn: self.applied.lsn, ..Applied::default() });
            };
            let rows = Rows::of(self.node, &self.books, changes).map_err(ApplyError::Violated)?;
            let written =
                sql::write(&self.database, self.node, self.epoch, self.applied.lsn, after, rows).await;
            match written {
                Ok(Written::Fenced) => return Err(ApplyError::Fenced),
                Ok(Written::Yes) => return Ok(self.has_written()),
                // Something is there already that is never there twice.
                Err(error) if !is_careful && is_repetition(&error) => {
                    is_careful = true;
                    self.fold_again().await?;
                }
                Err(error) => return Err(StoreError::database("write the ledger")(error).into()),
            }
        }
    }

    fn has_written(&mut self) -> Applied {
        let Some(Folded { after, records, changes }) = self.pending.take() else { return Applied::default() };
        let is_in_cells = self.applied.lsn < self.recovered;
        self.applied = after;
        self.books.forget_keys();
        Applied {
            lsn: after.lsn,
            records: records.len(),
            unheld: changes.unheld,
            lapses_at: changes.grants.iter().filter_map(|(_, _, expires_at)| *expires_at).min(),
            given_back: if is_in_cells { Vec::new() } else { changes.given_back },
            repeated: changes.repeated_keys,
        }
    }

    /// From where the database is, with everything looked up that may have happened before.
    async fn fold_again(&mut self) -> Result<(), StoreError> {
        let Some(Folded { records, .. }) = &self.pending else { return Ok(()) };
        let settled = |it: &Recorded| match it.movement {
            Movement::Settle { call, .. } => Some(call),
            _ => None,
        };
        let calls: Vec<_> = records.iter().filter_map(settled).collect();
        let mut books = load(&self.database).await?;
        books.load_paid(settled_calls(&self.database, &calls).await?);
        load_used_keys(&self.database, &mut books, records).await?;
        self.books = books;
        if let Some(folded) = &mut self.pending {
            folded.changes = Changes::default();
            for recorded in &folded.records {
                self.books.apply(recorded, &mut folded.changes);
            }
        }
        Ok(())
    }

    /// Stands still between any two steps of its own where it is dropped or the database fails.
    async fn fold(&mut self, durable: Lsn) -> Result<(), ApplyError> {
        if self.read.is_none() {
            self.read = self.read(durable)?;
        }
        let Some((after, records)) = &self.read else { return Ok(()) };
        load_used_keys(&self.database, &mut self.books, records).await?;
        let mut changes = Changes::default();
        for recorded in records {
            self.books.apply(recorded, &mut changes);
        }
        let after = *after;
        self.pending = self.read.take().map(|(_, records)| Folded { after, records, changes });
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

/// Tells books which of these records' keys a database has.
pub(crate) async fn load_used_keys(
    database: &Database,
    books: &mut Books,
    records: &[Recorded],
) -> Result<(), StoreError> {
    let keys: Vec<&str> = records.iter().filter_map(|it| it.movement.key()).map(EntryKey::as_str).collect();
    for key in sql::used_keys(database, &keys).await? {
        books.load_key(key);
    }
    Ok(())
}

fn is_repetition(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
