//! A server of the database that falls silent: nothing is refused, nothing is answered. Nobody waits for it without end, and what
//! was recorded meanwhile is in it afterwards, once.

use std::sync::Arc;
use std::time::Duration;

use domain::{Money, Timestamp};
use ledger::{Lsn, payments};
use tempfile::TempDir;
use tokio::time::timeout;

use super::books_of_calls::{HELD, NOW, PURSE, call, options, whole_cost};
use crate::accounts::AccountDesk;
use crate::accounts::suite::deed;
use crate::database::silent_way::{LastWords, SilentWay};
use crate::database::throwaway::{Throwaway, hasher};
use crate::ledger::applier::load;
use crate::ledger::{Applier, ApplyError, Ledger, LedgerVerifier, Level, VerifyState};
use crate::{Database, DatabasePlace, REQUESTS_FILE};

/// How long an answer is waited for.
const ANSWER_WAIT_S: u32 = 3;
/// Beyond that nobody has given it up.
const FOR_EVER: Duration = Duration::from_secs(60);
const CALLS: u64 = 20;

/// A database of a server, behind a way that can fall silent.
async fn behind_a_way(server: &Throwaway, name: &str) -> (SilentWay, DatabasePlace, Database) {
    let way = SilentWay::to(server.socket()).await;
    server.place(name).await;
    let place = DatabasePlace::server(way.url(name, ANSWER_WAIT_S)).unwrap();
    let database = Database::open(&place, &hasher()).await.unwrap();
    (way, place, database)
}

/// Calls of these numbers, held and settled; the last record, once the disk has it.
async fn calls(ledger: &Ledger, numbers: std::ops::Range<u64>) -> Lsn {
    let mut last = Lsn(0);
    for number in numbers {
        let held = ledger.hold(call(1, 0, number), PURSE, HELD, 1, NOW).unwrap();
        last = ledger.settle(held, (1, 1), whole_cost(call(1, 0, number)), NOW).unwrap().0;
    }
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    last
}

async fn follow(ledger: &Ledger, applier: &mut Applier, last: Lsn) {
    while applier.applied() < last {
        if let Ok(applied) = timeout(FOR_EVER, applier.step(ledger.journal().durable())).await.unwrap() {
            ledger.applied(&applied);
        }
    }
}

/// How many calls stand in the database.
async fn booked(database: &Database) -> i64 {
    let count = "SELECT COUNT(*) FROM ledger_calls";
    sqlx::query_scalar(count).fetch_one(&database.pool).await.unwrap()
}

async fn is_given_up_and_booked_once(server: &Throwaway, name: &str, last_words: LastWords) {
    let home = tempfile::tempdir().unwrap();
    let (way, _, database) = behind_a_way(server, name).await;
    let (ledger, mut applier, _) = Ledger::open(&options(home.path()), &database, NOW).await.unwrap();
    let order = payments::order("1", "transfer", PURSE, Money::from_nano(10_000_000)).unwrap();
    ledger.post(&database, order, NOW).await.unwrap();
    let last = calls(&ledger, 0..CALLS).await;
    way.fall_silent_at("COMMIT", last_words);
    let given_up = timeout(FOR_EVER, applier.step(ledger.journal().durable())).await;
    let error = given_up.expect("a step is given up").unwrap_err();
    assert!(matches!(&error, ApplyError::Store(why) if why.to_string().contains("silent")), "{error}");
    assert!(applier.applied() < last);
    if last_words == LastWords::Arrive {
        // Who comes next is not kept by the connection that is gone.
        let asked = sqlx::query("SELECT 1").fetch_one(&database.pool);
        assert!(timeout(FOR_EVER, asked).await.expect("nobody waits without end").is_err());
    }
    // Calls are paid for meanwhile.
    let last = calls(&ledger, CALLS..2 * CALLS).await;

    way.carry_again();
    follow(&ledger, &mut applier, last).await;
    let cost: i64 = (0..2 * CALLS).map(|number| whole_cost(call(1, 0, number)).nano()).sum();
    let left = 10_000_000 - cost;
    assert_eq!(booked(&database).await, 2 * CALLS as i64, "{last_words:?}");
    assert_eq!(ledger.cells().cell(PURSE).available().nano(), left);
    let books = load(&database).await.unwrap();
    assert_eq!((books.total(PURSE), &books), (left.into(), applier.books()));
    let report = crate::ledger::verify(&options(home.path()).folder, 0, &database, None, Timestamp(0)).await;
    assert_eq!(report.unwrap().violations, []);
    database.close().await;
}

/// Whether the server had a commit before it fell silent is not known, and its process of the connection that was given up still
/// has the database.
#[tokio::test]
async fn a_step_that_is_not_answered_is_given_up_and_taken_once() {
    let server = Throwaway::start().await;
    is_given_up_and_booked_once(&server, "arrived", LastWords::Arrive).await;
    is_given_up_and_booked_once(&server, "lost", LastWords::AreLost).await;
}

/// A journal of more than one file, of which the database has all.
async fn long(home: &TempDir, database: &Database) -> Arc<AccountDesk> {
    let (given, got) = std::sync::mpsc::channel();
    let give = move |ledger, applier, _| given.send((ledger, applier)).unwrap();
    let desk = AccountDesk::open(database.clone(), options(home.path()), NOW, give).await.unwrap();
    desk.create(crate::accounts::suite::new("0"), &deed()).await.unwrap();
    let (ledger, mut applier): (Arc<Ledger>, Applier) = got.recv().unwrap();
    while ledger.journal().segments() < 3 {
        let terms = ledger::Movement::Terms { purse: PURSE, credit: Money::ZERO };
        let appended = (0..100).map(|_| ledger.journal().append(NOW, &terms).unwrap()).max().unwrap();
        ledger.journal().wait(appended, Level::Durable).await.unwrap();
        follow(&ledger, &mut applier, appended).await;
    }
    Arc::new(desk)
}

#[tokio::test]
async fn verifying_ends_where_the_server_falls_silent_and_lets_the_journals_files_go() {
    let (server, home) = (Throwaway::start().await, tempfile::tempdir().unwrap());
    let (way, place, database) = behind_a_way(&server, "verified").await;
    let desk = long(&home, &database).await;
    let journal = (options(home.path()).folder, 0);
    let rows = home.path().join(REQUESTS_FILE);
    let verifier = LedgerVerifier::new(database.clone(), (place, rows), journal, desk.clone(), || NOW);
    // Read with the books, after the moment has begun.
    way.fall_silent_at("FROM ledger_purses", LastWords::Arrive);
    verifier.begin().unwrap();
    way.silent().await;
    let ledger = desk.ledger().unwrap();
    let gone = || ledger.journal().remove_applied(ledger.applied_to(), Timestamp(i64::MAX)).unwrap();
    assert_eq!(gone(), 0, "they are read");
    let VerifyState::Failed { why, .. } = verifier.state(FOR_EVER).await else { panic!("not given up") };
    assert!(why.contains("silent for"), "{why}");
    assert!(gone() > 0, "nobody reads them any more");
    way.carry_again();
    verifier.begin().unwrap();
    let state = verifier.state(FOR_EVER).await;
    assert!(matches!(&state, VerifyState::Done { report, .. } if report.violations.is_empty()), "{state:?}");
}
