//! What every database must do alike for the ledger: the same operations come to the same balances as in the reference
//! book, whatever happens between.

use std::collections::BTreeMap;

use domain::{CallId, Currency, Money, Timestamp};
use ledger::{
    Account, Books, Customer, EntryKey, Exercise, GrantNumber, Lsn, Movement, Purse, SlotCost, check_books,
    payments,
};
use sqlx::Connection;
use tempfile::TempDir;

use super::loading::load;
use super::project::{Applier, ApplyError};
use super::sql::take_fence;
use crate::database::Database;
use crate::ledger::{
    HoldError, JournalSizes, Ledger, LedgerError, LedgerOptions, Level, PostError, Recovered,
};

const NOW: Timestamp = Timestamp(1_795_219_200_000);
const PURSE: Purse = Purse { customer: Customer(900_000), currency: Currency::USD };
const SIZES: JournalSizes =
    JournalSizes { segment_bytes: 256 << 10, journal_bytes_max: 1 << 30, buffer_bytes_max: 1 << 20 };

/// How many operations; `make prove-ledger` has more.
const OPERATIONS_SHORT: u64 = 20_000;
const OPERATIONS_PER_BOOK: u64 = 500;
const APPENDED_AT_ONCE: usize = 100;

fn options(home: &TempDir) -> LedgerOptions {
    LedgerOptions { slots_max: 64, sizes: SIZES, ..LedgerOptions::of(home.path()) }
}

async fn open(home: &TempDir, database: &Database) -> (Ledger, Applier, Recovered) {
    Ledger::open(&options(home), database, NOW).await.unwrap()
}

async fn catch_up(ledger: &Ledger, applier: &mut Applier) {
    while applier.applied() < ledger.journal().durable() {
        let applied = applier.step(ledger.journal().durable()).await.unwrap();
        assert!(applied.records > 0 && applied.unheld == 0, "{applied:?}");
        ledger.applied(&applied);
    }
}

fn money(nano: i64) -> Money {
    Money::from_nano(nano)
}

fn balances(books: &Books) -> BTreeMap<Account, i128> {
    books.accounts().collect()
}

pub(super) async fn random_operations_come_to_what_the_reference_book_says(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let wished = std::env::var("LEDGER_OPERATIONS").ok().and_then(|text| text.parse().ok());
    let seeds = wished.unwrap_or(OPERATIONS_SHORT).div_ceil(OPERATIONS_PER_BOOK);
    let mut expected: BTreeMap<Account, i128> = BTreeMap::new();
    let (mut ledger, mut applier, _) = open(&home, database).await;
    let mut open_calls = 0;
    for seed in 0..seeds {
        let mut exercise = Exercise::new(seed);
        let mut last = Lsn(0);
        for step in 0..OPERATIONS_PER_BOOK as usize {
            let at = exercise.now();
            if let Some(movement) = exercise.step() {
                last = ledger.journal().append(at, &movement).unwrap();
            }
            if step % APPENDED_AT_ONCE == 0 {
                ledger.journal().wait(last, Level::Written).await.unwrap();
            }
        }
        ledger.journal().wait(last, Level::Durable).await.unwrap();
        for (account, balance) in exercise.book.balances() {
            *expected.entry(account).or_default() += balance;
        }
        for purse in exercise.purses() {
            let mut tail = applier.books().clone();
            if seed % 4 == 0 {
                catch_up(&ledger, &mut applier).await;
                tail = applier.books().clone();
                assert_eq!(tail.available(purse), exercise.book.available(purse), "seed {seed}: {purse}");
                assert_eq!(tail.purse(purse).map_or(0, |it| it.pending), exercise.book.pending(purse));
            }
            assert!(check_books(&tail, Timestamp(0)).is_empty());
        }
        open_calls += exercise.book.open_calls().len();
        // A start in between takes up where the last one was, and ends the calls that are open for nothing or for what
        // they had come to: only the last seed's are left to compare.
        if seed + 1 == seeds {
            catch_up(&ledger, &mut applier).await;
            assert_eq!(balances(applier.books()), expected);
            assert_eq!(
                &load(database).await.unwrap(),
                applier.books(),
                "what is read back is what was written"
            );
            drop((ledger, applier));
            let recovered;
            (ledger, applier, recovered) = open(&home, database).await;
            assert_eq!((recovered.settled + recovered.voided) as usize, open_calls);
            catch_up(&ledger, &mut applier).await;
            assert_eq!(applier.books().holds().count(), 0);
            for (purse, left) in ledger.cells().all() {
                assert_eq!(i128::from(left.nano()), applier.books().available(purse), "{purse}");
            }
        }
    }
}

pub(super) async fn what_is_given_and_taken_is_there_after_a_start(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, recovered) = open(&home, database).await;
    assert_eq!(recovered, Recovered::default());
    let order = payments::order("1", "transfer 7", PURSE, money(1_000)).unwrap();
    ledger.post(database, order.clone(), NOW).await.unwrap();
    let again = ledger.post(database, order.clone(), NOW).await;
    assert!(matches!(again, Err(PostError::Repeated(_))), "{again:?}");
    let call = CallId(1);
    let mut held = ledger.hold(call, PURSE, money(600), 4, NOW).unwrap();
    let refused = ledger.hold(CallId(2), PURSE, money(500), 4, NOW);
    let Err(HoldError::OutOfCredit { asked, available }) = refused else { panic!("{refused:?}") };
    assert_eq!((asked, available), (money(500), money(400)));
    ledger.extend(&mut held, money(400), NOW).unwrap();
    assert!(matches!(ledger.extend(&mut held, money(1), NOW), Err(HoldError::OutOfCredit { .. })));
    assert_eq!(held.amount(), money(1_000));
    assert_eq!(ledger.cells().cell(PURSE).held(), money(1_000), "the refused one is not in it");
    let taken = payments::debit("1", PURSE, money(1), "by hand", false).unwrap();
    let refused = ledger.post(database, taken, NOW).await;
    assert!(matches!(refused, Err(PostError::NotCovered { .. })), "{refused:?}");
    let (lsn, level) = ledger.settle(held, (10, 20), money(1_200), NOW).unwrap();
    assert_eq!(level, Level::Slot);
    ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    assert_eq!(ledger.cells().cell(PURSE).available(), money(-200), "owed");
    assert_eq!(ledger.cells().cell(PURSE).held(), Money::ZERO);
    catch_up(&ledger, &mut applier).await;
    assert_eq!(applier.books().total(PURSE), -200);
    let again = ledger.post(database, order, NOW).await;
    assert!(matches!(again, Err(PostError::Repeated(_))), "the database knows it: {again:?}");
    drop((ledger, applier));
    let (ledger, _, recovered) = open(&home, database).await;
    assert_eq!(recovered, Recovered::default(), "nothing was open");
    assert_eq!(ledger.cells().cell(PURSE).available(), money(-200));
    assert_eq!(ledger.slots().free(), 64);
}

pub(super) async fn what_the_database_has_not_yet_is_known_after_a_start(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let order = payments::order("1", "transfer 7", PURSE, money(1_000)).unwrap();
    let (ledger, applier, _) = open(&home, database).await;
    ledger.post(database, order.clone(), NOW).await.unwrap();
    drop((ledger, applier));
    let (ledger, mut applier, recovered) = open(&home, database).await;
    assert_eq!(recovered.records, 1);
    let again = ledger.post(database, order.clone(), NOW).await;
    assert!(matches!(again, Err(PostError::Repeated(_))), "{again:?}");
    assert_eq!(ledger.cells().cell(PURSE).available(), money(1_000));
    catch_up(&ledger, &mut applier).await;
    let again = ledger.post(database, order, NOW).await;
    assert!(matches!(again, Err(PostError::Repeated(_))), "{again:?}");
    assert_eq!(applier.books().total(PURSE), 1_000);
}

/// A slot may outlive the settlement that the database has already: that is no second one.
pub(super) async fn a_slot_that_was_not_cleared_is_not_charged_again(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    ledger.post(database, payments::order("1", "a", PURSE, money(1_000)).unwrap(), NOW).await.unwrap();
    let held = ledger.hold(CallId(9), PURSE, money(100), 0, NOW).unwrap();
    let (lsn, _) = ledger.settle(held, (1, 1), money(70), NOW).unwrap();
    ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    while applier.applied() < ledger.journal().durable() {
        applier.step(ledger.journal().durable()).await.unwrap();
    }
    // As if nobody had come to clear it.
    let stale =
        SlotCost { call: CallId(9), purse: PURSE, held: money(100), cost: money(70), price_version: 0 };
    let mut slot = ledger.slots().take().unwrap();
    ledger.slots().record(&mut slot, (1, 1), &stale).unwrap();
    drop((ledger, applier));
    let (ledger, applier, recovered) = open(&home, database).await;
    assert_eq!(recovered, Recovered::default());
    assert_eq!(ledger.cells().cell(PURSE).available(), money(930));
    assert_eq!(applier.books().total(PURSE), 930);
}

/// Whoever asked has gone, before it was recorded or after: it happens once, if it is asked again.
pub(super) async fn an_entry_whose_asker_went_happens_once(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let order = payments::order("1", "transfer 7", PURSE, money(1_000)).unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    let asked = tokio::time::timeout(std::time::Duration::ZERO, ledger.post(database, order.clone(), NOW));
    let gone = asked.await;
    let again = ledger.post(database, order.clone(), NOW).await;
    assert!(matches!(again, Ok(_) | Err(PostError::Repeated(_))), "{gone:?} {again:?}");
    let terms = Movement::Terms { purse: PURSE, credit: Money::ZERO };
    let last = ledger.journal().append(NOW, &terms).unwrap();
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    catch_up(&ledger, &mut applier).await;
    assert_eq!(ledger.cells().cell(PURSE).available(), money(1_000));
    assert_eq!(applier.books().total(PURSE), 1_000);
}

pub(super) async fn a_gift_that_lapses_leaves_running_calls_what_they_hold(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    let gift = payments::voucher("A", PURSE, GrantNumber(77), money(100), Some(NOW)).unwrap();
    ledger.post(database, gift, NOW).await.unwrap();
    let held = ledger.hold(CallId(5), PURSE, money(30), 0, NOW).unwrap();
    // Taken for it: more than will be left of it, for another call is settled in between.
    let cell = ledger.cells().cell(PURSE);
    cell.take(money(70)).unwrap();
    let (_, level) = ledger.settle(held, (0, 0), money(30), NOW).unwrap();
    assert_eq!(level, Level::Slot);
    let key = payments::expiry_key(GrantNumber(77), 0);
    let movement = Movement::Expire { key, purse: PURSE, grant: GrantNumber(77), at_most: money(70) };
    let lsn = ledger.journal().append(NOW, &movement).unwrap();
    let again = Movement::Expire {
        key: payments::expiry_key(GrantNumber(77), 1),
        purse: PURSE,
        grant: GrantNumber(77),
        at_most: money(9),
    };
    cell.overdraw(money(9));
    ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    let lsn = ledger.journal().append(NOW, &again).unwrap();
    ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    catch_up(&ledger, &mut applier).await;
    assert_eq!(cell.available(), Money::ZERO, "what nothing was left for came back");
    assert_eq!(applier.books().total(PURSE), 0);
    assert_eq!(load(database).await.unwrap(), *applier.books());
}

pub(super) async fn lapsed_gifts_are_taken_back_once(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    let post = async |entry| ledger.post(database, entry, NOW).await.unwrap();
    let later = Timestamp(NOW.unix_ms() + 1);
    post(payments::voucher("A", PURSE, GrantNumber(1), money(100), Some(NOW)).unwrap()).await;
    post(payments::voucher("B", PURSE, GrantNumber(2), money(10), Some(later)).unwrap()).await;
    post(payments::order("1", "bank", PURSE, money(7)).unwrap()).await;
    ledger.set_credit(PURSE, money(1_000), NOW).await.unwrap();
    catch_up(&ledger, &mut applier).await;
    assert_eq!(ledger.next_lapse(database).await.unwrap(), Some(NOW));
    let held = ledger.hold(CallId(5), PURSE, money(30), 0, NOW).unwrap();
    let cell = ledger.cells().cell(PURSE);
    assert_eq!(ledger.expire_lapsed(database, NOW).await.unwrap(), 1);
    assert_eq!(
        ledger.expire_lapsed(database, NOW).await.unwrap(),
        0,
        "the database does not have the first yet"
    );
    catch_up(&ledger, &mut applier).await;
    // Of 117, of which 30 are put aside, 87 were free; what was paid is not of the gift, and comes back.
    assert_eq!(applier.books().balance(PURSE.promo(GrantNumber(1))), 13);
    assert_eq!(cell.available(), money(1_000));
    let _ = ledger.settle(held, (0, 0), money(5), NOW).unwrap();
    assert_eq!(ledger.expire_lapsed(database, NOW).await.unwrap(), 1);
    catch_up(&ledger, &mut applier).await;
    assert_eq!(applier.books().balance(PURSE.promo(GrantNumber(1))), 0);
    assert_eq!(
        (cell.available(), applier.books().total(PURSE)),
        (money(1_017), 17),
        "the call cost the gift"
    );
    assert_eq!(ledger.expire_lapsed(database, NOW).await.unwrap(), 0);
    assert_eq!(ledger.next_lapse(database).await.unwrap(), Some(later), "of the first one nothing is left");
    assert_eq!(load(database).await.unwrap(), *applier.books());
}

/// A batch of records ends with a seal, and whoever waits for a record ends its batch: seals tell how often it was waited.
pub(super) async fn many_gifts_that_lapse_at_once_are_waited_for_once(database: &Database) {
    const GIFTS: u64 = 100;
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    for number in 1..=GIFTS {
        let gift = payments::voucher(&format!("V{number}"), PURSE, GrantNumber(number), money(10), Some(NOW));
        ledger.post(database, gift.unwrap(), NOW).await.unwrap();
    }
    catch_up(&ledger, &mut applier).await;
    let before = ledger.journal().appended().0;
    assert_eq!(ledger.expire_lapsed(database, NOW).await.unwrap(), GIFTS);
    let seals = ledger.journal().durable().0 - before - GIFTS;
    assert!(seals < GIFTS / 10, "{seals} batches for {GIFTS} gifts");
    catch_up(&ledger, &mut applier).await;
    assert_eq!((applier.books().total(PURSE), ledger.cells().cell(PURSE).available()), (0, Money::ZERO));
    assert_eq!(ledger.next_lapse(database).await.unwrap(), None);
}

/// Nobody writes such a journal; who finds one goes on, and says so.
pub(super) async fn what_is_recorded_twice_happens_once(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    let order = payments::order("1", "a", PURSE, money(1_000)).unwrap();
    ledger.post(database, order.clone(), NOW).await.unwrap();
    let gift = payments::voucher("A", PURSE, GrantNumber(3), money(40), None).unwrap();
    ledger.post(database, gift, NOW).await.unwrap();
    let settle = |call: u128, cost: i64| {
        let held = ledger.hold(CallId(call), PURSE, money(100), 0, NOW).unwrap();
        ledger.settle(held, (1, 1), money(cost), NOW).unwrap().0
    };
    // In one batch, and again behind it: calls, an order, and a gift under a number that is there.
    let again = |known: &[u128]| -> Lsn { known.iter().map(|call| settle(*call, 70)).max().unwrap() };
    let last = again(&[1, 2, 1]);
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    let mut repeated = caught_up(&ledger, &mut applier).await;
    again(&[2, 3]);
    let lsn = ledger.journal().append(NOW, &Movement::Post(order)).unwrap();
    ledger.cells().cell(PURSE).give(money(1_000));
    ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    let more = payments::voucher("B", PURSE, GrantNumber(3), money(5), Some(NOW)).unwrap();
    ledger.post(database, more, NOW).await.unwrap();
    repeated.extend(caught_up(&ledger, &mut applier).await);
    repeated.sort();
    let key = |call: u128| EntryKey::settle(CallId(call)).to_string();
    assert_eq!(repeated, [key(1), key(2), "order:1".to_owned()]);
    assert_eq!(applier.books().total(PURSE), 1_045 - 3 * 70);
    assert_eq!(ledger.cells().cell(PURSE).available(), money(1_045 - 3 * 70));
    assert_eq!(load(database).await.unwrap(), *applier.books());
    drop((ledger, applier));
    let (ledger, ..) = open(&home, database).await;
    assert_eq!(ledger.cells().cell(PURSE).available(), money(1_045 - 3 * 70));
}

/// What had happened before, where that may be.
async fn caught_up(ledger: &Ledger, applier: &mut Applier) -> Vec<String> {
    let mut repeated = Vec::new();
    while applier.applied() < ledger.journal().durable() {
        let applied = applier.step(ledger.journal().durable()).await.unwrap();
        assert_eq!(applied.unheld, 0);
        ledger.applied(&applied);
        repeated.extend(applied.repeated.iter().map(EntryKey::to_string));
    }
    repeated
}

pub(super) async fn who_lost_the_journal_to_another_writes_no_more(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    ledger.post(database, payments::order("1", "a", PURSE, money(5)).unwrap(), NOW).await.unwrap();
    let refused = Ledger::open(&options(&home), database, NOW).await.map(|_| ());
    assert!(matches!(refused, Err(LedgerError::Journal(_))), "two on one folder: {refused:?}");
    take_fence(database, 0).await.unwrap();
    let refused = applier.step(ledger.journal().durable()).await;
    assert!(matches!(refused, Err(ApplyError::Fenced)), "{refused:?}");
    assert_eq!(load(database).await.unwrap(), Books::default());
}

pub(super) async fn a_journal_of_another_time_is_refused(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    ledger.post(database, payments::order("1", "a", PURSE, money(5)).unwrap(), NOW).await.unwrap();
    catch_up(&ledger, &mut applier).await;
    drop((ledger, applier));
    let other = tempfile::tempdir().unwrap();
    let refused = Ledger::open(&options(&other), database, NOW).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("there is no journal in"), "{refused}");
    let anew = LedgerOptions { may_be_lost: true, ..options(&other) };
    let (ledger, mut applier, _) = Ledger::open(&anew, database, NOW).await.unwrap();
    assert_eq!(ledger.cells().cell(PURSE).available(), money(5));
    ledger.post(database, payments::order("2", "b", PURSE, money(6)).unwrap(), NOW).await.unwrap();
    catch_up(&ledger, &mut applier).await;
    drop((ledger, applier));
    let refused = Ledger::open(&options(&home), database, NOW).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, LedgerError::Journal(_)), "the first journal is another's now: {refused}");
}

pub(super) async fn entries_are_never_changed(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, database).await;
    ledger.post(database, payments::order("1", "a", PURSE, money(5)).unwrap(), NOW).await.unwrap();
    catch_up(&ledger, &mut applier).await;
    let held = ledger.hold(CallId(1), PURSE, money(5), 0, NOW).unwrap();
    let (lsn, _) = ledger.settle(held, (1, 1), money(5), NOW).unwrap();
    ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    catch_up(&ledger, &mut applier).await;
    for statement in [
        "UPDATE ledger_entries SET amount = 6",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_calls SET amount = 6",
        "DELETE FROM ledger_calls",
    ] {
        let error = sqlx::query(statement).execute(&database.pool).await.unwrap_err().to_string();
        assert!(error.contains("are never"), "{error}");
    }
    assert!(super::key_is_used(database, &EntryKey::parse("order:1").unwrap()).await.unwrap());
}

#[tokio::test]
async fn a_server_whose_connections_break_has_everything_once() {
    let server = crate::database::throwaway::Throwaway::start().await;
    let database = server.database("ledger").await;
    let home = tempfile::tempdir().unwrap();
    let (ledger, mut applier, _) = open(&home, &database).await;
    ledger.post(&database, payments::order("1", "a", PURSE, money(1_000_000)).unwrap(), NOW).await.unwrap();
    for number in 1..=200_u128 {
        let held = ledger.hold(CallId(number), PURSE, money(10), 0, NOW).unwrap();
        let (lsn, _) = ledger.settle(held, (1, 1), money(3), NOW).unwrap();
        ledger.journal().wait(lsn, Level::Durable).await.unwrap();
        if number % 50 == 0 {
            server.break_connections().await;
        }
        if number % 10 == 0 {
            match applier.step(ledger.journal().durable()).await {
                Ok(applied) => ledger.applied(&applied),
                Err(ApplyError::Store(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
    while applier.applied() < ledger.journal().durable() {
        let _ = applier.step(ledger.journal().durable()).await;
    }
    assert_eq!(load(&database).await.unwrap(), *applier.books());
    assert_eq!(applier.books().total(PURSE), 1_000_000 - 3 * 200);
    assert_eq!(ledger.cells().cell(PURSE).available(), money(1_000_000 - 3 * 200));
    database.close().await;
}

#[tokio::test]
async fn a_database_that_fails_is_tried_again_and_calls_go_on_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(crate::DATABASE_FILE);
    let hasher = crate::database::throwaway::hasher();
    let database = Database::open(&crate::DatabasePlace::File(path.clone()), &hasher).await.unwrap();
    let (ledger, mut applier, _) = open(&home, &database).await;
    ledger.post(&database, payments::order("1", "a", PURSE, money(1_000)).unwrap(), NOW).await.unwrap();
    sqlx::query("PRAGMA busy_timeout = 1").execute(&database.pool).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    for number in 1..=20_u128 {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        let held = ledger.hold(CallId(number), PURSE, money(10), 0, NOW).unwrap();
        let (lsn, _) = ledger.settle(held, (1, 1), money(3), NOW).unwrap();
        ledger.journal().wait(lsn, Level::Durable).await.unwrap();
        let failed = applier.step(ledger.journal().durable()).await;
        assert!(matches!(failed, Err(ApplyError::Store(_))), "{failed:?}");
        sqlx::query("COMMIT").execute(&mut other).await.unwrap();
        if number % 3 == 0 {
            catch_up(&ledger, &mut applier).await;
        }
    }
    catch_up(&ledger, &mut applier).await;
    assert_eq!(load(&database).await.unwrap(), *applier.books());
    assert_eq!(applier.books().total(PURSE), 1_000 - 3 * 20);
}

mod databases {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        suite: random_operations_come_to_what_the_reference_book_says
            what_is_given_and_taken_is_there_after_a_start
            what_the_database_has_not_yet_is_known_after_a_start
            a_slot_that_was_not_cleared_is_not_charged_again
            an_entry_whose_asker_went_happens_once
            a_gift_that_lapses_leaves_running_calls_what_they_hold
            lapsed_gifts_are_taken_back_once
            many_gifts_that_lapse_at_once_are_waited_for_once
            who_lost_the_journal_to_another_writes_no_more
            a_journal_of_another_time_is_refused
            entries_are_never_changed
            what_is_recorded_twice_happens_once
    );
}
