//! What was looked at, and what does not hold.

use ledger::{Invariant, Lsn, Violation};
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::ledger::journal::JournalError;

/// A hold that is open for longer was forgotten: a day, in milliseconds.
pub const HOLD_AGE_MAX_MS: i64 = 24 * 60 * 60 * 1000;
/// Violations that are told one by one.
pub const VIOLATIONS_TOLD_MAX: usize = 20;

/// What was looked at, and what does not hold.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// The first record that is left of the journal; none if nothing is.
    pub first: Option<Lsn>,
    /// The last record of the journal.
    pub last: Lsn,
    /// The last that the database has.
    pub applied: Lsn,
    /// Records that were read.
    pub records: u64,
    /// Entries in the database.
    pub entries: u64,
    /// Accounts in the database.
    pub accounts: u64,
    /// Holds that are open at the journal's end.
    pub open_holds: u64,
    /// Bytes behind the journal's end that a crash left.
    pub torn_bytes: u64,
    /// Why what the journal comes to was not held against the database; none where it was.
    pub unfolded: Option<&'static str>,
    /// Calls whose charge the prices gave again.
    pub rated: u64,
    /// Calls for which that could not be looked at: their row or their prices are not there, or several shared in them.
    pub unrated: u64,
    /// What does not hold, the first of them.
    pub violations: Vec<Violation>,
    /// How many violations there are.
    pub violations_count: u64,
}

/// Why nothing could be proved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal's files cannot be read.
    #[error(transparent)]
    Journal(JournalError),
}

impl VerifyReport {
    /// Those of one invariant that are told.
    pub fn of(&self, invariant: Invariant) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(move |violation| violation.invariant == invariant)
    }

    /// For programs, and for whoever words it for people.
    pub fn json(&self) -> Value {
        let invariant = |(invariant, number, words): &(Invariant, &str, &str)| {
            let violations: Vec<&str> = self.of(*invariant).map(|it| it.what.as_str()).collect();
            json!({
                "number": number,
                "words": words,
                "holds": violations.is_empty(),
                "violations": violations,
                "checked_to": self.checked_to(*invariant).0,
            })
        };
        json!({
            "is_intact": self.violations_count == 0,
            "violations": self.violations_count,
            "invariants": Invariant::ALL.iter().map(invariant).collect::<Vec<_>>(),
            "journal": {
                "first": self.first.map(|lsn| lsn.0),
                "last": self.last.0,
                "records": self.records,
                "torn_bytes": self.torn_bytes,
            },
            "database": { "applied": self.applied.0, "entries": self.entries, "accounts": self.accounts },
            "open_holds": self.open_holds,
            "not_folded": self.unfolded,
            "prices": { "calls": self.rated, "not_checked": self.unrated },
        })
    }

    /// The record up to which an invariant was looked at.
    fn checked_to(&self, invariant: Invariant) -> Lsn {
        match invariant {
            Invariant::FloorsHold
            | Invariant::HoldsEndOnce
            | Invariant::PendingIsHolds
            | Invariant::JournalIsWhole => self.last,
            Invariant::EntriesBalance
            | Invariant::BalancesAreEntries
            | Invariant::PaymentsCountOnce
            | Invariant::JournalIsDatabase
            | Invariant::PricesGiveAgain => self.applied,
        }
    }

    pub(super) fn found(&mut self, violation: Violation) {
        self.violations_count += 1;
        if self.violations.len() < VIOLATIONS_TOLD_MAX {
            self.violations.push(violation);
        }
    }
}
