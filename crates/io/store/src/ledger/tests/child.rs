//! The process that is killed: calls of every kind at every level, orders, and an applier, until its end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::payments;
use tokio::runtime::Runtime;

use super::books_of_calls::{
    HELD, NOW, Note, Notes, ORDER, PURSE, call, cost_after, database, options, pieces, whole_cost,
};
use crate::ledger::{Applier, HoldError, Ledger, Level};

/// Names the folder that the child works in, and which round it is.
pub(super) const HOME: &str = "LEDGER_CHILD_HOME";
pub(super) const ROUND: &str = "LEDGER_CHILD_ROUND";
/// What it says on its way.
pub(super) const READY: &str = "the child is at work";
pub(super) const MUST_END: &str = "the child must end";
/// The threads that make calls: one for each level, and one that leaves its calls open.
pub(super) const THREADS: u64 = 4;
const FORGOTTEN_MAX: u32 = 200;

#[test]
#[ignore = "the other side of the tests in kills.rs, which start it"]
fn child() {
    let Ok(home) = std::env::var(HOME) else { return };
    let (home, round) = (PathBuf::from(home), std::env::var(ROUND).unwrap().parse().unwrap());
    let runtime = runtime();
    let database = runtime.block_on(database(&home));
    let (ledger, applier, _) = runtime.block_on(Ledger::open(&options(&home), &database, NOW)).unwrap();
    let ledger = Arc::new(ledger);
    println!("{READY}");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (ledger, home) = (Arc::clone(&ledger), &home);
            scope.spawn(move || make_calls(&ledger, home, round, thread));
        }
        // The database is asked from one runtime, as in a gateway: its connection comes back to the pool there.
        runtime.block_on(async {
            tokio::join!(follow(&ledger, applier), make_orders(&ledger, &database, &home, round));
        });
    });
    println!("{MUST_END}");
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Makes calls until the journal takes no more.
fn make_calls(ledger: &Ledger, home: &Path, round: u64, thread: u64) {
    let mut notes = Notes::append_to(&home.join(format!("calls-{thread}")));
    let runtime = runtime();
    let level = Level::ALL[thread as usize % 3].0;
    let mut forgotten = 0;
    for number in 0.. {
        let call = call(round, thread, number);
        let mut held = match ledger.hold(call, PURSE, HELD, 1, NOW) {
            Ok(held) => held,
            // The first order has not come yet, or the disk is behind.
            Err(HoldError::OutOfCredit { .. } | HoldError::Append(crate::ledger::AppendError::Behind)) => {
                continue;
            }
            Err(_) => return,
        };
        for piece in 1..=pieces(call) {
            let cost = cost_after(call, piece);
            // Every other call also tells the journal.
            let is_told = number % 2 == 0 && ledger.progress(&mut held, (1, piece), cost, NOW).is_ok();
            if !is_told && ledger.record(&mut held, (1, piece), cost).is_err() {
                return;
            }
            // Without a slot only the journal knows, as soon as that is written.
            if held.has_slot() {
                notes.write(Note::Delivered(call, piece));
            }
        }
        if thread == 3 && number % 3 == 0 {
            // Somebody forgot it: the next start closes it.
            std::mem::forget(held);
            forgotten += 1;
            if forgotten == FORGOTTEN_MAX {
                return;
            }
            continue;
        }
        let Ok((lsn, least)) = ledger.settle(held, (1, 9), whole_cost(call), NOW) else { return };
        if runtime.block_on(ledger.journal().wait(lsn, level.max(least))).is_err() {
            return;
        }
        notes.write(Note::Settled(call));
    }
}

/// Every order twice.
async fn make_orders(ledger: &Ledger, database: &crate::Database, home: &Path, round: u64) {
    let mut notes = Notes::append_to(&home.join("orders"));
    for number in 0.. {
        let id = round * 1_000_000 + number;
        let order = payments::order(&id.to_string(), "transfer", PURSE, ORDER).unwrap();
        if ledger.post(database, order.clone(), NOW).await.is_err() {
            return;
        }
        notes.write(Note::Order(id));
        assert!(ledger.post(database, order, NOW).await.is_err(), "an order twice");
    }
}

/// Brings the journal into the database until it has failed.
async fn follow(ledger: &Ledger, mut applier: Applier) {
    let mut reached = ledger.journal().reached();
    loop {
        let at = applier.applied();
        let more = reached.wait_for(|it| it.durable > at || it.failure.is_some()).await;
        let Ok(durable) = more.map(|it| if it.failure.is_some() { None } else { Some(it.durable) }) else {
            return;
        };
        let Some(durable) = durable else { return };
        let Ok(applied) = applier.step(durable).await else { return };
        assert_eq!(applied.unheld, 0);
        ledger.applied(&applied);
        // Also what may go goes, as soon as it may.
        let _ = ledger.journal().remove_applied(applier.applied(), domain::Timestamp(i64::MAX));
    }
}
