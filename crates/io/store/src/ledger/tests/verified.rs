//! `verify` finds what was planted, and nothing where all is well.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{Money, Timestamp, Usage};
use ledger::{Channel, EntryKey, Invariant, Lsn, payments};
use tempfile::TempDir;

use super::books_of_calls::{HELD, NOW, PURSE, call, database, options, whole_cost};
use crate::accounts::AccountDesk;
use crate::accounts::suite::deed;
use crate::ledger::{Applier, Ledger, LedgerVerifier, Level, VerifyReport, VerifyState, verify};
use crate::prices::{PriceDesk, PriceWish};
use crate::requests::{RequestRecords, RequestRow, RequestStore, RowBatch, RowsKept};
use crate::who::Who;
use crate::{DATABASE_FILE, Database, DatabasePlace};

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
    follow(&ledger, &mut applier).await;
    database
}

async fn follow(ledger: &Ledger, applier: &mut Applier) {
    let last = ledger.journal().appended();
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    while applier.applied() < last {
        ledger.applied(&applier.step(ledger.journal().durable()).await.unwrap());
    }
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

fn files(home: &Path) -> Vec<PathBuf> {
    let folder = options(home).folder.join("node-0");
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "journal")).collect();
    files.sort();
    files
}

fn first_file(home: &Path) -> PathBuf {
    files(home).swap_remove(0)
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
            &[Invariant::EntriesBalance, Invariant::BalancesAreEntries, Invariant::JournalIsDatabase],
        ),
        (
            &["DROP TRIGGER ledger_calls_stay", "UPDATE ledger_calls SET amount = amount + 1 WHERE lsn < 10"],
            &[Invariant::BalancesAreEntries],
        ),
        (
            &["DROP TRIGGER ledger_calls_remain", "DELETE FROM ledger_calls WHERE lsn BETWEEN 10 AND 20"],
            &[Invariant::BalancesAreEntries],
        ),
        (&["UPDATE ledger_hours SET settles = settles + 1"], &[Invariant::BalancesAreEntries]),
        (
            &["UPDATE ledger_purses SET pending = pending + 1"],
            &[Invariant::PendingIsHolds, Invariant::JournalIsDatabase],
        ),
        (&["DELETE FROM ledger_holds"], &[Invariant::PendingIsHolds, Invariant::JournalIsDatabase]),
        (&["UPDATE ledger_purses SET credit = credit + 1"], &[Invariant::JournalIsDatabase]),
        (
            &["UPDATE ledger_accounts SET units = units - 1 WHERE account LIKE 'customer:%'"],
            &[
                Invariant::EntriesBalance,
                Invariant::BalancesAreEntries,
                Invariant::FloorsHold,
                Invariant::JournalIsDatabase,
            ],
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

/// Of three files, with a database that is in the last of them.
async fn made_long(home: &TempDir) -> (Database, Arc<AccountDesk>) {
    let database = database(home.path()).await;
    let (opened, applier) = std::sync::mpsc::channel();
    let give = move |_, applier: Applier, _| opened.send(applier).unwrap();
    let desk = AccountDesk::open(database.clone(), options(home.path()), NOW, give).await.unwrap();
    desk.create(crate::accounts::suite::new("0"), &deed()).await.unwrap();
    let (ledger, mut applier) = (desk.ledger().unwrap().clone(), applier.recv().unwrap());
    while files(home.path()).len() < 3 {
        for _ in 0..100 {
            let terms = ledger::Movement::Terms { purse: PURSE, credit: Money::ZERO };
            ledger.journal().append(NOW, &terms).unwrap();
        }
        follow(&ledger, &mut applier).await;
    }
    (database, Arc::new(desk))
}

#[tokio::test]
async fn a_damaged_and_a_missing_file_long_before_the_database_are_found_also_beside_a_server() {
    for is_missing in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let (database, desk) = made_long(&home).await;
        let place = (DatabasePlace::File(home.path().join(DATABASE_FILE)), home.path().join("requests.db"));
        let journal = (options(home.path()).folder, 0);
        let verifier = LedgerVerifier::new(database.clone(), place, journal, desk, || NOW);
        let beside = async || {
            verifier.begin().unwrap();
            match verifier.state(Duration::from_secs(20)).await {
                VerifyState::Done { report, .. } => report,
                other => panic!("{other:?}"),
            }
        };
        let sound = [verified(home.path(), &database, Timestamp(0)).await.into(), beside().await];
        for report in sound {
            assert_eq!((&report.violations[..], report.unfolded), (&[][..], None), "{report:?}");
        }
        let (first, second) = (files(home.path()).swap_remove(0), files(home.path()).swap_remove(1));
        if is_missing {
            std::fs::remove_file(&second).unwrap();
        } else {
            let file = std::fs::OpenOptions::new().write(true).open(&first).unwrap();
            file.write_all_at(&[0xff], 4096 + 700).unwrap();
        }
        let broken_ones = [verified(home.path(), &database, Timestamp(0)).await.into(), beside().await];
        for report in broken_ones {
            assert_eq!(broken(&report), [Invariant::JournalIsWhole], "{report:?}");
            let what = &report.violations[0].what;
            let words = if is_missing { "a file is missing behind record" } else { "at byte 4" };
            assert!(what.contains(words) && what.contains(first.to_str().unwrap()), "{what}");
            assert!(report.unfolded.is_some(), "nothing was folded to its end");
        }
        // What the database has goes after a day, the oldest first.
        if is_missing {
            std::fs::remove_file(&first).unwrap();
            let report = verified(home.path(), &database, Timestamp(0)).await;
            assert_eq!(report.violations, [], "{report:?}");
        }
    }
}

/// Written past the ledger, which refuses both.
#[tokio::test]
async fn a_refund_beyond_its_payment_and_a_payment_under_another_key_are_found() {
    let home = tempfile::tempdir().unwrap();
    let database = database(home.path()).await;
    let (ledger, mut applier, _) = Ledger::open(&options(home.path()), &database, NOW).await.unwrap();
    let money = Money::from_nano;
    let channel = Channel::parse("one").unwrap();
    let refund = |id: &str, nano| {
        let payment = EntryKey::parse("pay:one:t1").unwrap();
        payments::refund_asked(id, payment, PURSE, money(nano)).unwrap()
    };
    let entries = [
        payments::top_up(channel, "t1", PURSE, money(100)).unwrap(),
        payments::order("1", "transfer", PURSE, money(1_000)).unwrap(),
        refund("1", 60),
        refund("2", 40),
    ];
    for entry in entries {
        ledger.journal().append(NOW, &ledger::Movement::Post(entry)).unwrap();
    }
    follow(&ledger, &mut applier).await;
    let report = verified(home.path(), &database, Timestamp(0)).await;
    assert_eq!(report.violations, [], "all of it is no more than all of it");
    ledger.journal().append(NOW, &ledger::Movement::Post(refund("3", 1))).unwrap();
    follow(&ledger, &mut applier).await;
    let report = verified(home.path(), &database, Timestamp(0)).await;
    assert_eq!(broken(&report), [Invariant::PaymentsCountOnce]);
    assert!(report.violations[0].what.contains("101 nano-units are refunded of pay:one:t1"), "{report:?}");
    for statement in [
        "DROP TRIGGER ledger_entries_stay",
        "UPDATE ledger_entries SET entry_key = 'pay:two:t1' WHERE kind = 'top_up'",
    ] {
        sqlx::query(statement).execute(&database.pool).await.unwrap();
    }
    let report = verified(home.path(), &database, Timestamp(0)).await;
    assert!(report.violations.iter().any(|it| it.what.contains("does not say by its key")), "{report:?}");
}

/// A row that says what was used, and the prices of the version that the call was settled by.
#[tokio::test]
async fn a_charge_that_its_prices_do_not_give_is_found() {
    let home = tempfile::tempdir().unwrap();
    let database = made(&home).await;
    set_prices(&database).await;
    let store = RequestStore::in_memory().await.unwrap();
    let mut batch = RowBatch::default();
    for number in 0..3 {
        let id = call(1, 0, number);
        // A token of the prompt is a nano-unit; nothing was used by the first, if it is believed.
        let tokens = if number == 0 { 0 } else { whole_cost(id).nano() as u64 };
        let usage = Usage { input: tokens, ..Usage::default() };
        let segments = if number == 1 { r#"[{"provider":"a"}]"# } else { "" };
        batch.push(&RequestRow {
            call_id: id,
            model: "m".into(),
            upstream_model: "m".into(),
            segments: segments.into(),
            usage: Some(usage),
            ..crate::requests::suite::row(1)
        });
    }
    store.write(&batch, RowsKept::ALL).await.unwrap();
    let report =
        verify(&options(home.path()).folder, 0, &database, Some(&store), Timestamp(0)).await.unwrap();
    assert_eq!((report.rated, report.unrated), (2, CALLS - 2), "one had several, the others have no row");
    assert_eq!(broken(&report), [Invariant::PricesGiveAgain]);
    let told: Vec<bool> = report.violations.iter().map(|it| it.what.contains("prices 1 give")).collect();
    assert_eq!(told, [true]);
}

/// A token of a prompt is a nano-unit, one of an answer 2,000; pictures have no price.
async fn set_prices(database: &Database) {
    let who = Who { actor: "test", by: None, request_id: None };
    let text = "[[price]]\nmodel = \"m\"\ninput = \"0.001\"\noutput = \"2\"\n";
    let stand_in = || (String::new(), ledger::prices::read(text, &[]).unwrap());
    let desk = PriceDesk::open(Box::new(database.clone()), Vec::new(), stand_in).await.unwrap();
    desk.set(text.to_owned(), PriceWish { reason: None, after: None, who }, NOW).await.unwrap();
}

/// Its row says that nothing was used and of nobody, and it was charged a share of what the answer took once.
#[tokio::test]
async fn a_charge_for_a_kept_answer_is_not_found_wrong() {
    let home = tempfile::tempdir().unwrap();
    let database = made(&home).await;
    set_prices(&database).await;
    let store = RequestStore::in_memory().await.unwrap();
    let mut batch = RowBatch::default();
    for (number, flags) in [(0, "cached"), (1, "estimated,cached")] {
        batch.push(&RequestRow {
            call_id: call(1, 0, number),
            model: "m".into(),
            provider: "".into(),
            upstream_model: "".into(),
            segments: "".into(),
            flags: flags.into(),
            usage: Some(Usage::default()),
            ..crate::requests::suite::row(1)
        });
    }
    store.write(&batch, RowsKept::ALL).await.unwrap();
    let report =
        verify(&options(home.path()).folder, 0, &database, Some(&store), Timestamp(0)).await.unwrap();
    assert_eq!((report.violations, report.rated, report.unrated), (Vec::new(), 0, CALLS));
}

/// The row keeps no list of so many, and its sum has no price.
#[tokio::test]
async fn a_charge_for_what_very_many_gave_a_part_of_is_not_found_wrong() {
    let home = tempfile::tempdir().unwrap();
    let database = made(&home).await;
    set_prices(&database).await;
    let (ledger, mut applier, _) = Ledger::open(&options(home.path()), &database, NOW).await.unwrap();
    let held = ledger.hold(call(2, 0, 0), PURSE, HELD, 1, NOW).unwrap();
    let _ = ledger.settle(held, (1, 1), Money::from_nano(17), NOW).unwrap();
    follow(&ledger, &mut applier).await;
    drop(ledger);
    let store = RequestStore::in_memory().await.unwrap();
    let mut batch = RowBatch::default();
    let part = r#"{"provider":"a","model":"m","tokens":{"input":1}},"#;
    batch.push(&RequestRow {
        call_id: call(2, 0, 0),
        model: "m".into(),
        upstream_model: "m".into(),
        segments: format!("[{}]", part.repeat(1000)).into(),
        usage: Some(Usage { input: 900, ..Usage::default() }),
        ..crate::requests::suite::row(1)
    });
    store.write(&batch, RowsKept::ALL).await.unwrap();
    let report =
        verify(&options(home.path()).folder, 0, &database, Some(&store), Timestamp(0)).await.unwrap();
    assert_eq!((report.violations, report.rated, report.unrated), (Vec::new(), 0, CALLS + 1));
}

#[tokio::test]
async fn a_ledger_that_was_never_used_is_sound() {
    let home = tempfile::tempdir().unwrap();
    let database = database(home.path()).await;
    let report = verified(home.path(), &database, Timestamp(0)).await;
    assert_eq!((report.violations_count, report.first, report.entries), (0, None, 0));
}
