//! What the killed process did, so that another can say what must have come of it: everything about a call follows from
//! its number.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use domain::{CallId, Currency, Money, Timestamp};
use ledger::{Customer, Purse};

use crate::database::throwaway::hasher;
use crate::ledger::{JournalSizes, LedgerOptions};
use crate::{DATABASE_FILE, Database, DatabasePlace};

pub(in crate::ledger) const NOW: Timestamp = Timestamp(1_795_219_200_000);
pub(in crate::ledger) const PURSE: Purse = Purse { customer: Customer(1), currency: Currency::USD };
/// What each call has put aside.
pub(super) const HELD: Money = Money::from_nano(1_000);
/// What each order brings.
pub(super) const ORDER: Money = Money::from_nano(50_000_000);
/// Pieces of a streamed answer.
pub(super) const PIECES_MAX: u64 = 8;

/// Small files, so that they are turned over often.
pub(in crate::ledger) fn options(home: &Path) -> LedgerOptions {
    let sizes =
        JournalSizes { segment_bytes: 128 << 10, journal_bytes_max: 1 << 30, buffer_bytes_max: 1 << 20 };
    LedgerOptions { slots_max: 2048, sizes, ..LedgerOptions::of(home) }
}

pub(super) async fn database(home: &Path) -> Database {
    Database::open(&DatabasePlace::File(home.join(DATABASE_FILE)), &hasher()).await.unwrap()
}

/// A call of a round, a thread and a number within.
pub(super) fn call(round: u64, thread: u64, number: u64) -> CallId {
    let at = u128::from(NOW.0.unsigned_abs());
    CallId(at << 80 | u128::from(round) << 40 | u128::from(thread) << 32 | u128::from(number))
}

/// How many pieces its answer has.
pub(super) fn pieces(call: CallId) -> u64 {
    mixed(call) % (PIECES_MAX + 1)
}

/// What it has come to after so many pieces: more than was put aside, for some.
pub(super) fn cost_after(call: CallId, pieces: u64) -> Money {
    Money::from_nano((1 + pieces as i64) * (1 + (mixed(call) >> 8) as i64 % 150))
}

pub(super) fn whole_cost(call: CallId) -> Money {
    cost_after(call, pieces(call))
}

fn mixed(call: CallId) -> u64 {
    (call.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
}

/// Who was told what: small records in a file that the system keeps when the process is gone.
#[derive(Debug)]
pub(super) struct Notes(File);

/// A note: the call and how many of its pieces were delivered, or that all was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    Delivered(CallId, u64),
    Settled(CallId),
    Order(u64),
}

impl Notes {
    pub(super) fn append_to(path: &Path) -> Self {
        Self(OpenOptions::new().append(true).create(true).open(path).unwrap())
    }

    pub(super) fn write(&mut self, note: Note) {
        let (kind, id, count) = match note {
            Note::Delivered(call, count) => (1_u64, call.0, count),
            Note::Settled(call) => (2, call.0, 0),
            Note::Order(number) => (3, 0, number),
        };
        let mut bytes = Vec::with_capacity(32);
        bytes.extend_from_slice(&kind.to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
        bytes.extend_from_slice(&count.to_le_bytes());
        self.0.write_all(&bytes).unwrap();
    }

    pub(super) fn read(path: &Path) -> Vec<Note> {
        let bytes = std::fs::read(path).unwrap_or_default();
        let note = |bytes: &[u8]| {
            let call = CallId(u128::from_le_bytes(bytes[8..24].try_into().unwrap()));
            let count = u64::from_le_bytes(bytes[24..32].try_into().unwrap());
            match bytes[0] {
                1 => Note::Delivered(call, count),
                2 => Note::Settled(call),
                3 => Note::Order(count),
                other => panic!("note {other}"),
            }
        };
        bytes.chunks_exact(32).map(note).collect()
    }
}
