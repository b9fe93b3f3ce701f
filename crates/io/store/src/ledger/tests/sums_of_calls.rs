//! What is kept of calls by when they were received is proved: what was planted is found on every database, and nothing else.

use domain::{CallId, Currency, Money, Timestamp};
use ledger::{Customer, Invariant, Lsn, Purse, payments};
use sqlx::AssertSqlSafe;

use super::books_of_calls::{HELD, NOW, PURSE, options};
use crate::Database;
use crate::ledger::{Ledger, Level, VerifyReport, verify};

const QUARTER_MS: i64 = 900_000;
/// Of this one and the next there are calls.
const FIRST: i64 = NOW.0 / QUARTER_MS - 1;

/// A change of one sum, the same back, and how many sums differ between.
const CHANGES: &[(&str, &str, usize)] = &[
    ("calls = calls + 1", "calls = calls - 1", 1),
    ("units = units + 1", "units = units - 1", 1),
    ("nano = nano - 1", "nano = nano + 1", 1),
    ("quarter = quarter + 40", "quarter = quarter - 40", 2),
    ("customer = customer + 40", "customer = customer - 40", 2),
];

/// Calls of two quarters of an hour, of two purses, all in the database.
async fn made(home: &std::path::Path, database: &Database) {
    let (ledger, mut applier, _) = Ledger::open(&options(home), database, NOW).await.unwrap();
    let other = Purse { customer: Customer(7_000_000), currency: Currency::VND };
    let mut last = Lsn(0);
    for (purse, number) in [(PURSE, "1"), (other, "2")] {
        let order = payments::order(number, "transfer", purse, Money::from_nano(20_000_000_000)).unwrap();
        ledger.post(database, order, NOW).await.unwrap();
    }
    let first = u128::from(FIRST.unsigned_abs()) * QUARTER_MS as u128;
    let calls = [
        (first, PURSE, 3),
        (first + QUARTER_MS as u128 - 1, PURSE, 5_000_000_007),
        (first + QUARTER_MS as u128, PURSE, 11),
        (first, other, 13),
    ];
    for (number, (at, purse, cost)) in calls.into_iter().enumerate() {
        let held = ledger.hold(CallId(at << 80 | number as u128), purse, HELD, 1, NOW).unwrap();
        last = ledger.settle(held, (1, 1), Money::from_nano(cost), NOW).unwrap().0;
    }
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    while applier.applied() < last {
        ledger.applied(&applier.step(ledger.journal().durable()).await.unwrap());
    }
}

async fn run(database: &Database, statement: String) -> u64 {
    sqlx::query(AssertSqlSafe(statement)).execute(&database.pool).await.unwrap().rows_affected()
}

async fn verified(home: &std::path::Path, database: &Database) -> VerifyReport {
    verify(&options(home).folder, 0, database, None, Timestamp(0)).await.unwrap()
}

pub(super) async fn a_sum_of_calls_that_is_another_than_the_calls_come_to_is_found(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    made(home.path(), database).await;
    assert_eq!(verified(home.path(), database).await.violations, []);
    let place = format!("WHERE quarter IN ({FIRST}, {FIRST} + 40) AND customer IN (1, 41)");
    for (change, back, differing) in CHANGES {
        assert_eq!(
            run(database, format!("UPDATE ledger_received SET {change} {place}")).await,
            1,
            "{change}"
        );
        let report = verified(home.path(), database).await;
        assert_eq!(report.violations.len(), *differing, "{change}: {report:?}");
        for violation in &report.violations {
            assert_eq!(violation.invariant, Invariant::BalancesAreEntries);
            assert!(violation.what.contains("in USD that were received in the quarter of an hour from 20"));
        }
        assert_eq!(run(database, format!("UPDATE ledger_received SET {back} {place}")).await, 1, "{back}");
        assert_eq!(verified(home.path(), database).await.violations, [], "{back}");
    }
    run(database, format!("INSERT INTO ledger_received VALUES ({FIRST}, 7, 'EUR', 1, 2, 3)")).await;
    let report = verified(home.path(), database).await;
    let told = "of calls of customer 7 in EUR that were received in the quarter of an hour from ";
    assert!(report.violations[0].what.starts_with(told), "{report:?}");
    let told = ", 1 and 2000000003 nano-units are kept; there are 0 and they come to 0";
    assert!(report.violations[0].what.ends_with(told), "{report:?}");
    run(database, "DELETE FROM ledger_received".to_owned()).await;
    assert_eq!(verified(home.path(), database).await.violations.len(), 3, "each sum is missed");
}

mod databases {
    use super::super::sums_of_calls;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        sums_of_calls: a_sum_of_calls_that_is_another_than_the_calls_come_to_is_found
    );
}
