//! I7: what the records come to, folded from the very first, is what the database has at the same record. Where the first
//! files are gone, as they are after a day, there is nothing to begin with; the balances are held against entries then.

use std::path::Path;

use domain::Timestamp;
use ledger::{Books, Changes, Invariant, Lsn, Recorded, check_books};

use super::report::{VerifyError, VerifyReport};
use crate::database::Database;
use crate::error::StoreError;
use crate::ledger::journal::{AppliedTo, BatchReader, JournalError, Next, find};

/// The books as the journal has them.
#[derive(Debug)]
pub(super) struct Image {
    books: Books,
    changes: Changes,
    until: Lsn,
    reached: Lsn,
    unfolded: Option<&'static str>,
}

impl Image {
    /// Up to the record that the database has.
    pub(super) async fn of(database: &Database, node: u32, until: Lsn) -> Result<Self, StoreError> {
        let others = sqlx::query("SELECT node FROM ledger_journals WHERE node <> $1 LIMIT 1")
            .bind(i64::from(node))
            .fetch_optional(&database.pool)
            .await
            .map_err(StoreError::database("look for other journals"))?;
        let unfolded = others.map(|_| "the database has what another node wrote");
        let (books, changes) = (Books::default(), Changes::default());
        Ok(Self { books, changes, until, reached: Lsn(0), unfolded })
    }

    /// Where what is left of the journal begins.
    pub(super) fn begins_at(&mut self, first: Lsn) {
        if first > Lsn(1) {
            self.unfolded.get_or_insert("the first files of the journal are gone");
        }
    }

    /// The next record.
    pub(super) fn take_in(&mut self, recorded: &Recorded) {
        if recorded.lsn <= self.until && self.unfolded.is_none() {
            self.books.apply(recorded, &mut self.changes);
            self.changes.clear();
            self.reached = recorded.lsn;
        }
    }

    /// Against what the database has.
    pub(super) fn compare(mut self, database: &Books, report: &mut VerifyReport) {
        self.books.forget_keys();
        // That it does is told elsewhere, as a violation.
        let is_short = report.last < self.until;
        let short = is_short.then_some("the journal breaks off before what the database has");
        report.unfolded = self.unfolded.or(short);
        if report.unfolded.is_some() || self.books == *database {
            return;
        }
        let mut found = |what: String| report.found(Invariant::JournalIsDatabase.violated(what));
        let mut is_told = false;
        for (account, balance) in
            self.books.accounts().filter(|(it, balance)| database.balance(*it) != *balance)
        {
            let known = database.balance(account);
            found(format!(
                "{account} comes to {balance} nano-units in the journal, and is {known} in the database"
            ));
            is_told = true;
        }
        for (purse, state) in
            self.books.purses().filter(|(purse, state)| database.purse(*purse) != Some(state))
        {
            found(format!("{purse} is another in the journal: {state:?}, not {:?}", database.purse(purse)));
            is_told = true;
        }
        for hold in self.books.holds().filter(|hold| database.hold(hold.call) != Some(hold)) {
            found(format!("the hold of call {} is another in the journal than in the database", hold.call));
            is_told = true;
        }
        if !is_told {
            found(format!("the database has what no record up to {} made", self.reached.0));
        }
    }
}

/// The books as they were when that record was on the disk: what the database has, and the records up to there. What is behind
/// it is being written.
pub(super) fn fold_written(
    folder: &Path,
    (applied, until): (AppliedTo, Lsn),
    mut books: Books,
    opened_min: Timestamp,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let read = read_written(folder, applied, until, &mut books);
    match read {
        Ok(last) => {
            report.last = last.max(report.last);
            if last > applied.lsn {
                check_books(&books, opened_min).into_iter().for_each(|violation| report.found(violation));
            }
            report.open_holds = books.holds().count() as u64;
            Ok(())
        }
        Err(error @ JournalError::Io { .. }) => Err(VerifyError::Journal(error)),
        Err(error) => {
            report.found(Invariant::JournalIsWhole.violated(error.to_string()));
            Ok(())
        }
    }
}

/// Gives the last record that was read.
fn read_written(
    folder: &Path,
    applied: AppliedTo,
    until: Lsn,
    books: &mut Books,
) -> Result<Lsn, JournalError> {
    let Some(mut reader) = BatchReader::behind(folder, applied.lsn)? else {
        return match applied.lsn {
            Lsn(0) => Ok(Lsn(0)),
            applied => Err(JournalError::Missing { applied, path: folder.to_owned() }),
        };
    };
    let mut changes = Changes::default();
    while reader.next_lsn() <= until {
        match reader.next()? {
            Next::Batch(batch) => {
                if batch.last == applied.lsn && batch.hash != applied.hash {
                    return Err(JournalError::Foreign { applied: applied.lsn });
                }
                for recorded in batch.records.iter().filter(|it| it.lsn > applied.lsn) {
                    books.apply(recorded, &mut changes);
                    changes.clear();
                }
            }
            Next::End => break,
            Next::Stop(stop) => return Err(stop.damaged(reader.next_lsn())),
        }
    }
    let last = Lsn(reader.next_lsn().0 - 1);
    // All of it was on the disk before it was looked at.
    if last < until { Err(JournalError::Behind { applied: until, last }) } else { Ok(last) }
}

/// The books as a start would find them: what the database has, and the records that it has not.
pub(super) fn fold_tail(
    folder: &Path,
    applied: AppliedTo,
    mut books: Books,
    opened_min: Timestamp,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let mut changes = Changes::default();
    let tail = find(folder, applied, false, |recorded| {
        books.apply(&recorded, &mut changes);
        changes.clear();
    });
    match tail {
        Ok(tail) => {
            (report.last, report.torn_bytes) = (tail.last.max(report.last), tail.torn_bytes);
            if tail.last > applied.lsn {
                check_books(&books, opened_min).into_iter().for_each(|violation| report.found(violation));
            }
            report.open_holds = books.holds().count() as u64;
            Ok(())
        }
        Err(error @ (JournalError::Io { .. } | JournalError::InUse { .. })) => {
            Err(VerifyError::Journal(error))
        }
        Err(error) => {
            report.found(Invariant::JournalIsWhole.violated(error.to_string()));
            Ok(())
        }
    }
}
