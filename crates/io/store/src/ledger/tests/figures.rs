//! What it costs, printed: for docs/operations/ledger.md. Nothing is judged here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::Money;
use ledger::{Customer, GrantNumber, Movement, Purse, payments};

use super::books_of_calls::{HELD, NOW, PURSE, call, database, whole_cost};
use crate::ledger::{Applier, Ledger, LedgerOptions, Level};

const CALLS: u64 = 20_000;

struct Times(Vec<Duration>);

impl Times {
    fn tell(mut self, what: &str) {
        self.0.sort_unstable();
        let at = |percent: usize| self.0[(self.0.len() * percent / 1000).min(self.0.len() - 1)];
        println!(
            "{what}: p50 {:?}, p99 {:?}, p99.9 {:?}, {} of them",
            at(500),
            at(990),
            at(999),
            self.0.len()
        );
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A table of its own, for others are measured at the same time.
fn slots_of(home: &Path) -> PathBuf {
    let name = home.file_name().unwrap().to_string_lossy();
    Path::new("/dev/shm").join(format!("bellwether-figures-{}-{name}", std::process::id()))
}

async fn opened(home: &Path) -> (crate::Database, Ledger, Applier) {
    let database = database(home).await;
    let mut options = LedgerOptions::of(home);
    // Memory that outlives the process, as deployments have it.
    options.slots = slots_of(home);
    let (ledger, applier, _) = Ledger::open(&options, &database, NOW).await.unwrap();
    let order = payments::order("1", "transfer", PURSE, Money::from_nano(1_000_000_000_000)).unwrap();
    ledger.post(&database, order, NOW).await.unwrap();
    (database, ledger, applier)
}

/// Each thread's calls, one after the other: the time of each hold, and of each settlement until it is that safe.
fn calls(ledger: &Ledger, thread: u64, count: u64, level: Level) -> (Vec<Duration>, Vec<Duration>) {
    let runtime = runtime();
    let (mut holds, mut settles) = (Vec::new(), Vec::new());
    for number in 0..count {
        let call = call(level as u64 * 100 + thread, thread, number);
        let begun = Instant::now();
        let held = loop {
            // More is waiting than may: what counts then is how fast it is written.
            if let Ok(held) = ledger.hold(call, PURSE, HELD, 1, NOW) {
                break held;
            }
            std::thread::yield_now();
        };
        holds.push(begun.elapsed());
        let begun = Instant::now();
        let (lsn, least) = ledger.settle(held, (1, 1), whole_cost(call), NOW).unwrap();
        runtime.block_on(ledger.journal().wait(lsn, level.max(least))).unwrap();
        settles.push(begun.elapsed());
    }
    (holds, settles)
}

#[test]
#[ignore = "measures: make prove-ledger prints it"]
fn figures() {
    let home =
        tempfile::tempdir_in(std::env::var("LEDGER_FIGURES_DIR").unwrap_or_else(|_| "/tmp".to_owned()));
    let home = home.unwrap();
    let runtime = runtime();
    let (_database, ledger, mut applier) = runtime.block_on(opened(home.path()));
    for (threads, level, name, count) in [
        (1, Level::Slot, "slot", CALLS),
        (8, Level::Slot, "slot", CALLS),
        (8, Level::Written, "written", CALLS / 4),
        (8, Level::Durable, "durable", CALLS / 20),
        (64, Level::Durable, "durable", CALLS / 100),
    ] {
        let begun = Instant::now();
        let (mut holds, mut settles) = (Vec::new(), Vec::new());
        std::thread::scope(|scope| {
            let ledger = &ledger;
            let running: Vec<_> = (0..threads)
                .map(|thread| scope.spawn(move || calls(ledger, thread + threads * 200, count, level)))
                .collect();
            for thread in running {
                let (more_holds, more_settles) = thread.join().unwrap();
                holds.extend(more_holds);
                settles.extend(more_settles);
            }
        });
        let rate = holds.len() as u128 * 1_000_000 / begun.elapsed().as_micros();
        println!("{threads} threads to `{name}`: {rate} calls a second");
        Times(holds).tell("  hold: cell, slot, record");
        Times(settles).tell("  settle until that safe");
    }
    let (begun, mut records) = (Instant::now(), 0);
    let last = ledger.journal().written();
    runtime.block_on(async {
        ledger.journal().wait(last, Level::Durable).await.unwrap();
        while applier.applied() < last {
            records += applier.step(ledger.journal().durable()).await.unwrap().records as u128;
        }
    });
    let took = begun.elapsed();
    println!(
        "applied {records} records to SQLite in {took:?}: {} calls a second",
        records / 2 * 1000 / took.as_millis()
    );
    let begun = Instant::now();
    drop((ledger, applier));
    println!("closed in {:?}", begun.elapsed());
    let _ = std::fs::remove_file(slots_of(home.path()));
}

/// Calls whose processor time is counted.
const COUNTED: u64 = 200_000;
/// Calls that last from one batch to the next, so many times so many.
const LASTING: u64 = 10;
const LASTING_AT_ONCE: u64 = 5_000;
/// Purses that they are paid from.
const CUSTOMERS: u64 = 500;

/// Processor time that threads of this process have taken so far, by their names.
fn processor_times() -> BTreeMap<String, u128> {
    let mut times = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let read = |file: &str| std::fs::read_to_string(task.join(file)).unwrap_or_default();
        let nanos = read("schedstat").split(' ').next().and_then(|text| text.parse::<u128>().ok());
        *times.entry(read("comm").trim().to_owned()).or_default() += nanos.unwrap_or(0);
    }
    times
}

/// What was taken since, for each call.
fn tell_since(before: &BTreeMap<String, u128>, what: &str, calls: u64) {
    let mut parts = Vec::new();
    let mut sum = 0;
    for (name, nanos) in processor_times() {
        let taken = (nanos - before.get(&name).copied().unwrap_or(0)) / u128::from(calls);
        sum += taken;
        if taken > 0 {
            parts.push(format!("{name} {taken} ns"));
        }
    }
    println!("{what}: {sum} ns of processor time a call ({})", parts.join(", "));
}

#[test]
#[ignore = "measures: make prove-ledger prints it"]
fn processor_time_of_a_call() {
    let home =
        tempfile::tempdir_in(std::env::var("LEDGER_FIGURES_DIR").unwrap_or_else(|_| "/tmp".to_owned()));
    let home = home.unwrap();
    let runtime = runtime();
    for gifts in [false, true] {
        let home = home.path().join(format!("gifts-{gifts}"));
        std::fs::create_dir(&home).unwrap();
        runtime.block_on(counted(&home, gifts));
    }
}

async fn counted(home: &Path, gifts: bool) {
    let (database, ledger, mut applier) = opened(home).await;
    let purse = |number: u64| Purse { customer: Customer(1_000 + number), ..PURSE };
    let money = Money::from_nano(1_000_000_000_000);
    for number in 0..CUSTOMERS {
        let entry = match gifts {
            false => payments::order(&format!("c{number}"), "transfer", purse(number), money),
            true => payments::voucher(&format!("c{number}"), purse(number), GrantNumber(number), money, None),
        };
        ledger.journal().append(NOW, &Movement::Post(entry.unwrap())).unwrap();
        ledger.cells().cell(purse(number)).give(money);
    }
    let mut last = follow(&ledger, &mut applier, ledger.journal().appended()).await;
    for round in 0..3 {
        let before = processor_times();
        for number in 0..COUNTED {
            let call = call(round, 0, number);
            let held = loop {
                match ledger.hold(call, purse(number * 7 % CUSTOMERS), HELD, 1, NOW) {
                    Ok(held) => break held,
                    Err(_) => ledger.journal().wait(last, Level::Written).await.unwrap(),
                }
            };
            last = ledger.settle(held, (1, 1), whole_cost(call).min(HELD), NOW).unwrap().0;
        }
        ledger.journal().wait(last, Level::Durable).await.unwrap();
        tell_since(&before, &format!("gifts {gifts}, {round}: hold and settle, written and synced"), COUNTED);
        let before = processor_times();
        follow(&ledger, &mut applier, last).await;
        tell_since(&before, &format!("gifts {gifts}, {round}: applied to SQLite"), COUNTED);
    }
    // Calls that last: what they hold comes into the database and leaves it again.
    let before = processor_times();
    for round in 0..LASTING {
        let hold = |number| {
            let call = call(100 + round, 0, number);
            (call, ledger.hold(call, purse(number * 7 % CUSTOMERS), HELD, 1, NOW).unwrap())
        };
        let held: Vec<_> = (0..LASTING_AT_ONCE).map(hold).collect();
        last = follow(&ledger, &mut applier, ledger.journal().appended()).await;
        for (call, held) in held {
            last = ledger.settle(held, (1, 1), whole_cost(call).min(HELD), NOW).unwrap().0;
        }
        follow(&ledger, &mut applier, last).await;
    }
    let what = format!("gifts {gifts}: calls that last, all of it");
    tell_since(&before, &what, LASTING * LASTING_AT_ONCE);
    let file = home.join(crate::DATABASE_FILE).metadata().unwrap().len();
    println!("{} bytes of database a call", file / (3 * COUNTED));
    let _ = std::fs::remove_file(slots_of(home));
    database.close().await;
}

async fn follow(ledger: &Ledger, applier: &mut Applier, last: ledger::Lsn) -> ledger::Lsn {
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    while applier.applied() < last {
        ledger.applied(&applier.step(ledger.journal().durable()).await.unwrap());
    }
    last
}
