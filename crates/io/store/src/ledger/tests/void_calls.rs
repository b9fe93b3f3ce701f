//! A call that came to nothing, whose slot says otherwise because it could not be written again: no start charges it.

use std::fs::File;
use std::path::Path;

use domain::Money;
use ledger::{Movement, payments};

use super::books_of_calls::{HELD, NOW, PURSE, call, database, options};
use crate::Database;
use crate::ledger::{Applier, Held, Ledger, LedgerOptions, Level};

async fn follow(ledger: &Ledger, applier: &mut Applier) {
    let last = ledger.journal().appended();
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    while applier.applied() < last {
        ledger.applied(&applier.step(ledger.journal().durable()).await.unwrap());
    }
}

/// Books with money in a purse, and room for two running calls.
async fn opened(home: &Path) -> (Database, LedgerOptions, Ledger, Applier) {
    let (database, options) = (database(home).await, LedgerOptions { slots_max: 2, ..options(home) });
    let (ledger, applier, _) = Ledger::open(&options, &database, NOW).await.unwrap();
    let order = payments::order("1", "transfer", PURSE, Money::from_nano(1_000_000)).unwrap();
    ledger.post(&database, order, NOW).await.unwrap();
    (database, options, ledger, applier)
}

/// A running call of whose cost its slot says something.
fn recorded(ledger: &Ledger) -> Held {
    let mut held = ledger.hold(call(1, 0, 0), PURSE, HELD, 1, NOW).unwrap();
    ledger.record(&mut held, (1, 1), Money::from_nano(8)).unwrap();
    held
}

#[tokio::test]
async fn a_void_call_whose_slot_could_not_be_written_is_never_charged_for() {
    // In the current file of the journal, and in an older one.
    for files in [0, 2] {
        let home = tempfile::tempdir().unwrap();
        let (database, options, mut ledger, mut applier) = opened(home.path()).await;
        let held = recorded(&ledger);
        let writable = ledger.slots.replace_file(File::open(&options.slots).unwrap());
        let (_, level) = ledger.settle(held, (1, 1), Money::ZERO, NOW).unwrap();
        assert_eq!(level, Level::Written, "its slot says something else");
        follow(&ledger, &mut applier).await;
        assert_eq!(ledger.slots().free(), 1, "its slot is nobody's");
        let files = files + ledger.journal().segments();
        while ledger.journal().segments() < files {
            for _ in 0..100 {
                let terms = Movement::Terms { purse: PURSE, credit: Money::ZERO };
                ledger.journal().append(NOW, &terms).unwrap();
            }
            follow(&ledger, &mut applier).await;
        }
        drop((ledger, applier, writable));
        let (ledger, _, recovered) = Ledger::open(&options, &database, NOW).await.unwrap();
        assert_eq!((recovered.settled, recovered.voided), (0, 0), "the journal says that it is void");
        assert_eq!(ledger.cells().cell(PURSE).available(), Money::from_nano(1_000_000));
        assert_eq!(ledger.slots().free(), 2);
    }
}

#[tokio::test]
async fn a_slot_that_can_be_written_again_is_cleared_before_anybody_has_it() {
    let home = tempfile::tempdir().unwrap();
    let (_database, options, mut ledger, mut applier) = opened(home.path()).await;
    let held = recorded(&ledger);
    let writable = ledger.slots.replace_file(File::open(&options.slots).unwrap());
    let (lsn, _) = ledger.settle(held, (1, 1), Money::ZERO, NOW).unwrap();
    ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    ledger.slots.replace_file(writable);
    let second = ledger.hold(call(1, 0, 1), PURSE, HELD, 1, NOW).unwrap();
    // Its end lets go of the slots whose ends are written.
    let _ = ledger.settle(second, (1, 1), Money::ZERO, NOW).unwrap();
    let third = ledger.hold(call(1, 0, 2), PURSE, HELD, 1, NOW).unwrap();
    assert!(!third.has_slot(), "it would go on saying what the void call had come to");
    follow(&ledger, &mut applier).await;
    let fourth = ledger.hold(call(1, 0, 3), PURSE, HELD, 1, NOW).unwrap();
    assert!(fourth.has_slot());
    for held in [third, fourth] {
        let _ = ledger.settle(held, (1, 1), Money::ZERO, NOW).unwrap();
    }
}

/// Most calls that fail have cost nothing: silence says so.
#[tokio::test]
async fn a_call_that_never_came_to_anything_writes_nothing_into_its_slot() {
    let home = tempfile::tempdir().unwrap();
    let (database, options) = (database(home.path()).await, options(home.path()));
    let (ledger, _, _) = Ledger::open(&options, &database, NOW).await.unwrap();
    let order = payments::order("1", "transfer", PURSE, Money::from_nano(1_000_000)).unwrap();
    ledger.post(&database, order, NOW).await.unwrap();
    let before = std::fs::read(&options.slots).unwrap();
    let held = ledger.hold(call(1, 0, 0), PURSE, HELD, 1, NOW).unwrap();
    let (_, level) = ledger.settle(held, (1, 1), Money::ZERO, NOW).unwrap();
    assert_eq!(level, Level::Slot);
    assert_eq!(std::fs::read(&options.slots).unwrap(), before);
}
