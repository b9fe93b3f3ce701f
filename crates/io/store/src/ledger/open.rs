//! Opening the ledger at a start: what the database has, what of the journal it has not, and what a crash left open.
//! Afterwards no hold is open, and what is left in memory is what the books come to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{CallId, Money, Timestamp};
use ledger::{Books, Changes, Lsn, Recorded, SlotCost, Violation, check_books, recover};
use tokio::time::timeout;

use super::applier::{Applier, load, load_used_keys, settled_calls, take_fence};
use super::cells::Cells;
use super::journal::{
    AppendError, Journal, JournalError, JournalFolder, JournalIdentity, JournalSizes, Level, Reached,
    WaitError, boot_id, fail_point, find, voided,
};
use super::live::Ledger;
use super::posting::Postings;
use super::slots::{SLOTS_DEFAULT, SlotError, Slots};
use crate::database::Database;
use crate::error::StoreError;

/// The folder in the data directory.
pub const LEDGER_FOLDER: &str = "ledger";

/// How long a start waits for room on a full disk.
const ROOM_WAIT: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });

/// Where the ledger is and how large its parts are.
#[derive(Clone, Debug)]
pub struct LedgerOptions {
    /// The folder of the journal.
    pub folder: PathBuf,
    /// The file of running calls: in memory that outlives the process, such as `/dev/shm`.
    pub slots: PathBuf,
    /// How many calls have a slot.
    pub slots_max: u32,
    /// Which node this is.
    pub node: u32,
    /// How large the journal's parts are.
    pub sizes: JournalSizes,
    /// Whether a database without its journal is gone on with, rather than refused: what it had not taken in is lost.
    pub may_be_lost: bool,
}

/// What a start has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Records that the database did not have.
    pub records: u64,
    /// Calls that were cut off, settled at what they had come to.
    pub settled: u64,
    /// Calls that were cut off and had come to nothing.
    pub voided: u64,
    /// Bytes of a last batch that was cut off.
    pub torn_bytes: u64,
}

/// Why the ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The table of running calls.
    #[error(transparent)]
    Slots(#[from] SlotError),
    /// What was cut off could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The same.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// The disk has no room for what closes the calls that a crash left open.
    #[error(
        "the disk has no room for the journal of money in {path}: {to_close} records that close what a crash left open were not \
         written for {waited_s} seconds; make room and start again, nothing is lost",
        path = path.display()
    )]
    NoRoom {
        /// The journal's folder.
        path: PathBuf,
        /// How many records are to be written.
        to_close: usize,
        /// How long nothing was written.
        waited_s: u64,
    },
    /// What is there does not hold.
    #[error("the ledger does not hold: {} ({}): {}", .0.invariant.number(), .0.invariant.words(), .0.what)]
    Violated(Violation),
}

impl LedgerOptions {
    /// Of a data directory, with everything at its default.
    pub fn of(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join(LEDGER_FOLDER),
            slots: data_dir.join(LEDGER_FOLDER).join("slots"),
            slots_max: SLOTS_DEFAULT,
            node: 0,
            sizes: JournalSizes::default(),
            may_be_lost: false,
        }
    }
}

impl Ledger {
    /// Opens the ledger, and closes what a crash left open.
    pub async fn open(
        options: &LedgerOptions,
        database: &Database,
        now: Timestamp,
    ) -> Result<(Self, Applier, Recovered), LedgerError> {
        let folder = JournalFolder::lock(&options.folder, options.node)?;
        let identity = JournalIdentity::of(&folder, options.may_be_lost)?;
        let (epoch, applied) = take_fence(database, options.node).await?;
        let books = load(database).await?;
        let mut records: Vec<Recorded> = Vec::new();
        let tail = find(folder.path(), applied, options.may_be_lost, |recorded| records.push(recorded))?;
        let (slots, left) = Slots::open(&options.slots, options.slots_max, boot_id(), &identity)?;
        let ended = ended_calls(database, (folder.path(), applied.lsn), &books, &records, &left).await?;
        let mut recovered =
            Recovered { records: records.len() as u64, torn_bytes: tail.torn_bytes, ..Recovered::default() };
        let keys = records.iter().filter_map(|it| it.movement.key().map(|key| (key.clone(), it.lsn)));
        let postings = Postings::with(keys.collect::<Vec<_>>());
        let mut before = books.clone();
        load_used_keys(database, &mut before, &records).await?;
        let mut recovery = recover(before, records, &left, |call| ended.contains(&call));
        (recovered.settled, recovered.voided) = (recovery.settled, recovery.voided);
        let path = folder.path().to_owned();
        let sizes = options.sizes;
        let journal = folder.start(&tail, epoch, sizes)?;
        let mut last = Lsn(0);
        let mut changes = Changes::default();
        let to_close = recovery.resolutions.len();
        let no_room = || LedgerError::NoRoom { path: path.clone(), to_close, waited_s: ROOM_WAIT.as_secs() };
        for movement in std::mem::take(&mut recovery.resolutions) {
            last = append_patiently(&journal, now, &movement).await?.ok_or_else(no_room)?;
            fail_point::reached("resolved").map_err(JournalError::io("recover", &path))?;
            recovery.books.apply(&Recorded { lsn: last, at: now, movement }, &mut changes);
        }
        wait_patiently(&journal, last).await?.ok_or_else(no_room)?;
        check(&recovery.books)?;
        slots.clear_all()?;
        // In this order: a table with calls that say no id is never of a journal that has one.
        identity.keep()?;
        let cells = Cells::of(&recovery.books);
        // What this start has recorded so far is in the cells.
        let recovered_to = journal.durable().max(tail.last);
        let applier =
            Applier::new(database.clone(), path, (options.node, epoch), books, applied, recovered_to);
        Ok((Self::new(journal, slots, cells, postings, applied.lsn), applier, recovered))
    }
}

/// Which calls that slots are left of have ended by what the database has: settled, which it knows, or void, which the journal does.
async fn ended_calls(
    database: &Database,
    (folder, applied): (&Path, Lsn),
    books: &Books,
    records: &[Recorded],
    left: &[SlotCost],
) -> Result<BTreeSet<CallId>, LedgerError> {
    let calls: Vec<CallId> = left.iter().map(|slot| slot.call).collect();
    let mut ended = settled_calls(database, &calls).await?;
    let begun: BTreeSet<CallId> = records.iter().filter_map(|it| it.movement.call()).collect();
    let is_unknown =
        |call: CallId| !ended.contains(&call) && !begun.contains(&call) && books.hold(call).is_none();
    let charged = left.iter().filter(|slot| slot.cost > Money::ZERO).map(|slot| slot.call);
    let unknown: BTreeSet<CallId> = charged.filter(|call| is_unknown(*call)).collect();
    ended.extend(voided(folder, applied, &unknown)?);
    Ok(ended)
}

/// Waits for the writer where more is to be closed than waits at once; none if the disk takes nothing.
async fn append_patiently(
    journal: &Journal,
    now: Timestamp,
    movement: &ledger::Movement,
) -> Result<Option<Lsn>, LedgerError> {
    loop {
        match journal.append_recovered(now, movement) {
            Err(AppendError::Behind) => {
                if !has_moved(journal, journal.written()).await {
                    return Ok(None);
                }
            }
            done => return Ok(Some(done?)),
        }
    }
}

/// Until a record is on the disk; none if the disk takes nothing.
async fn wait_patiently(journal: &Journal, last: Lsn) -> Result<Option<()>, LedgerError> {
    loop {
        let written = journal.written();
        match timeout(ROOM_WAIT, journal.wait(last, Level::Durable)).await {
            Ok(done) => return Ok(Some(done?)),
            Err(_) if journal.written() == written => return Ok(None),
            Err(_) => {}
        }
    }
}

async fn has_moved(journal: &Journal, written: Lsn) -> bool {
    let mut reached = journal.reached();
    let moves = reached.wait_for(|it: &Reached| it.written > written || it.failure.is_some());
    timeout(ROOM_WAIT, moves).await.is_ok()
}

fn check(books: &Books) -> Result<(), LedgerError> {
    match check_books(books, Timestamp(i64::MIN)).into_iter().next() {
        Some(violation) => Err(LedgerError::Violated(violation)),
        None => Ok(()),
    }
}
