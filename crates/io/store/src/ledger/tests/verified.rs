//! `verify` finds what was planted, and nothing where all is well.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use domain::{Money, Timestamp};
use ledger::{Invariant, Lsn, payments};
use tempfile::TempDir;

use super::books_of_calls::{HELD, NOW, PURSE, call, database, options, whole_cost};
use crate::Database;
use crate::ledger::{Ledger, Level, VerifyReport, verify};

const CALLS: u64 = 40;

/// A ledger with calls that are all in the database, and one that is still open.
async fn made(home: &TempDir) -> Database {
    let database = database(home.path()).await;
    let (ledger, mut applier, _) = Ledger::open(&options(home.path()), &database, NOW).await.unwrap();
    let order = payments::order("1", "transfer", PURSE, Money::from_nano(1_000_000)).unwrap();
    ledger.post(&database, order, NOW).await.unwrap();
    for number in 0..CALLS {
        let held = ledger.hold(call(1, 0, number), PURSE, HELD, 1, NOW).unwrap();
        let (lsn, _) = ledger.settle(held, (1, 1), whole_cost(call(1, 0, number)), NOW).unwrap();
        ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    }
    std::mem::forget(ledger.hold(call(1, 0, CALLS), PURSE, HELD, 1, NOW).unwrap());
    let terms = ledger::Movement::Terms { purse: PURSE, credit: Money::ZERO };
    let lsn = ledger.journal().append(NOW, &terms).unwrap();
    ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    while applier.applied() < ledger.journal().durable() {
        ledger.applied(&applier.step(ledger.journal().durable()).await.unwrap());
    }
    database
}

async fn verified(home: &Path, database: &Database, opened_min: Timestamp) -> VerifyReport {
    verify(&options(home).folder, 0, database, None, opened_min).await.unwrap()
}

fn broken(report: &VerifyReport) -> Vec<Invariant> {
    let mut invariants: Vec<Invariant> = report.violations.iter().map(|it| it.invariant).collect();
    invariants.sort();
    invariants.dedup();
    invariants
}

fn first_file(home: &Path) -> PathBuf {
    let folder = options(home).folder.join("node-0");
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|it| it == "journal")).min().unwrap()
}

#[tokio::test]
async fn a_sound_ledger_has_no_violation() {
    let home = tempfile::tempdir().unwrap();
    let database = made(&home).await;
    let report = verified(home.path(), &database, Timestamp(0)).await;
    assert_eq!(report.violations, []);
    assert_eq!((report.first, report.open_holds, report.torn_bytes), (Some(Lsn(1)), 1, 0));
    assert_eq!(report.applied, report.last);
    // An order, the calls' holds and ends, the open hold and the terms.
    assert_eq!(report.records, 1 + 2 * CALLS + 2);
    assert!(report.entries > CALLS && report.accounts >= 3, "{report:?}");
}

#[tokio::test]
async fn each_change_of_the_database_breaks_what_it_should() {
    let cases: &[(&[&str], &[Invariant])] = &[
        (
            &["UPDATE ledger_accounts SET nano = nano + 1 WHERE account = 'revenue:usage'"],
            &[Invariant::EntriesBalance, Invariant::BalancesAreEntries],
        ),
        (
            &[
                "DROP TRIGGER ledger_entries_stay",
                "UPDATE ledger_entries SET amount = amount + 1 WHERE kind = 'settle' AND lsn < 10",
            ],
            &[Invariant::BalancesAreEntries],
        ),
        (
            &["DROP TRIGGER ledger_entries_remain", "DELETE FROM ledger_entries WHERE lsn BETWEEN 10 AND 20"],
            &[Invariant::BalancesAreEntries],
        ),
        (&["UPDATE ledger_purses SET pending = pending + 1"], &[Invariant::PendingIsHolds]),
        (&["DELETE FROM ledger_holds"], &[Invariant::PendingIsHolds]),
        (
            &["UPDATE ledger_accounts SET units = units - 1 WHERE account LIKE 'customer:%'"],
            &[Invariant::EntriesBalance, Invariant::BalancesAreEntries, Invariant::FloorsHold],
        ),
        (
            &[
                "UPDATE ledger_journals SET applied_hash = '00000000000000000000000000000000' || substr(applied_hash, 33)",
            ],
            &[Invariant::JournalIsWhole],
        ),
    ];
    for (statements, expected) in cases {
        let home = tempfile::tempdir().unwrap();
        let database = made(&home).await;
        for statement in *statements {
            let changed = sqlx::query(*statement).execute(&database.pool).await.unwrap();
            assert!(changed.rows_affected() > 0 || statement.starts_with("DROP"), "{statement}");
        }
        let report = verified(home.path(), &database, Timestamp(0)).await;
        assert_eq!(broken(&report), *expected, "{statements:?}: {report:?}");
        assert!(report.violations_count as usize >= report.violations.len());
    }
}

#[tokio::test]
async fn a_hold_that_is_too_old_and_a_changed_journal_are_found() {
    let home = tempfile::tempdir().unwrap();
    let database = made(&home).await;
    let report = verified(home.path(), &database, Timestamp(NOW.0 + 1)).await;
    assert_eq!(broken(&report), [Invariant::HoldsEndOnce]);
    assert_eq!(report.of(Invariant::HoldsEndOnce).count(), 1);

    let file = std::fs::OpenOptions::new().write(true).open(first_file(home.path())).unwrap();
    file.write_all_at(&[0xff], 4096 + 700).unwrap();
    let report = verified(home.path(), &database, Timestamp(0)).await;
    assert!(broken(&report).contains(&Invariant::JournalIsWhole), "{report:?}");
    assert!(report.records < 20, "read up to there: {report:?}");
}

#[tokio::test]
async fn a_ledger_that_was_never_used_is_sound() {
    let home = tempfile::tempdir().unwrap();
    let database = database(home.path()).await;
    let report = verified(home.path(), &database, Timestamp(0)).await;
    assert_eq!((report.violations_count, report.first, report.entries), (0, None, 0));
}
