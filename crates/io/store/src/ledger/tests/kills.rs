//! A process under load is ended at any moment, and at each place where something is written; whoever was told something
//! finds it on the books once, and nothing is left open.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use domain::{CallId, Money, Timestamp};
use ledger::{Invariant, check_books};
use sqlx::Row;
use tempfile::TempDir;

use super::books_of_calls::{
    NOW, Note, Notes, ORDER, PURSE, cost_after, database, options, pieces, whole_cost,
};
use super::child::{HOME, MUST_END, READY, ROUND, THREADS};
use crate::Database;
use crate::ledger::{Ledger, Recovered, verify};

/// How often the process is killed; `make prove-ledger` does so more often.
const KILLS: &str = "LEDGER_KILLS";
const KILLS_SHORT: u64 = 20;
/// What a child may take to reach a place.
const PLACE_WAIT: Duration = Duration::from_secs(120);
const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;

/// Every place where something is written, the how-manieth time it is reached, and the one that must have come before.
const PLACES: &[(&str, Option<&str>)] = &[
    // In a home where nothing was before.
    ("named:1", None),
    ("write:25", None),
    ("torn:25", None),
    ("written:25", None),
    ("segment:3", None),
    ("renamed:3", None),
    ("sync:20", None),
    ("synced:20", None),
    ("claimed:60", None),
    ("cost:200", None),
    ("cleared:3", None),
    ("apply:5", None),
    ("applied:5", None),
    ("cut:1", Some("torn:30")),
    ("resolved:1", Some("cost:300")),
    ("resolved:2", Some("claimed:90")),
];

struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(home: &Path, round: u64, fails: Option<&str>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "ledger::tests::child::child", "--ignored", "--nocapture"])
            .env(HOME, home)
            .env(ROUND, round.to_string())
            .env_remove("LEDGER_FAIL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(fails) = fails {
            command.env("LEDGER_FAIL", fails);
        }
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (told, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = told.send(line);
            }
        });
        Self { child, lines }
    }

    /// Until it says that; false if it ended before.
    fn says(&self, words: &str) -> bool {
        let until = Instant::now() + PLACE_WAIT;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if line.contains(words) {
                return true;
            }
        }
        false
    }

    fn kill_after(mut self, time: Duration) -> ExitStatus {
        // It says nothing more: this is only a wait.
        let _ = self.lines.recv_timeout(time);
        self.child.kill().unwrap();
        self.child.wait().unwrap()
    }

    /// Until its end, whatever it says.
    fn ends(mut self) -> ExitStatus {
        let until = Instant::now() + PLACE_WAIT;
        while self.lines.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {}
        // Its output is closed: it has ended, or it never will.
        let ended = self.child.try_wait().unwrap();
        ended.unwrap_or_else(|| {
            let _ = self.child.kill();
            self.child.wait().unwrap()
        })
    }
}

/// What a start finds, and what it says of everything that anybody was told so far.
#[derive(Debug, Default)]
struct Judged {
    recovered: Recovered,
    settled: usize,
    orders: usize,
    took: Duration,
}

async fn judge(home: &Path) -> Judged {
    let began = Instant::now();
    let database = database(home).await;
    let (ledger, mut applier, recovered) = Ledger::open(&options(home), &database, NOW).await.unwrap();
    let took = began.elapsed();
    while applier.applied() < ledger.journal().durable() {
        let applied = applier.step(ledger.journal().durable()).await.unwrap();
        assert_eq!(applied.unheld, 0, "an end of a call that held nothing");
        ledger.applied(&applied);
    }
    let books = applier.books();
    assert_eq!(books.holds().count(), 0, "holds are left");
    assert_eq!(check_books(books, Timestamp(0)), []);
    assert_eq!(i128::from(ledger.cells().cell(PURSE).available().nano()), books.available(PURSE));
    let (settled, orders) = on_the_books(&database).await;
    let (told_settled, told_orders) = compare(home, &settled, &orders);
    let spent: i128 = settled.values().map(|cost| i128::from(cost.nano())).sum();
    let paid = i128::from(ORDER.nano()) * orders.len() as i128;
    assert_eq!(books.total(PURSE), paid - spent, "what came in, less what was spent");
    let report = verify(&options(home).folder, 0, &database, None, Timestamp(0)).await.unwrap();
    assert_eq!(report.violations, [], "{report:?}");
    drop(ledger);
    database.close().await;
    Judged { recovered, settled: told_settled, orders: told_orders, took }
}

/// Every call with all that it was charged, and every order.
async fn on_the_books(database: &Database) -> (BTreeMap<CallId, Money>, BTreeSet<u64>) {
    let rows =
        sqlx::query("SELECT entry_key FROM ledger_entries WHERE kind = 'order'").fetch_all(&database.pool);
    let (mut settled, mut orders) = (BTreeMap::new(), BTreeSet::new());
    for row in rows.await.unwrap() {
        let key: String = row.get("entry_key");
        let number = key.strip_prefix("order:").unwrap().parse().unwrap();
        assert!(orders.insert(number), "order {number} is there twice");
    }
    let rows = sqlx::query("SELECT call_id, amount FROM ledger_calls").fetch_all(&database.pool);
    for row in rows.await.unwrap() {
        let bytes: Vec<u8> = row.get("call_id");
        let call = CallId(u128::from_be_bytes(bytes.try_into().unwrap()));
        assert_eq!(settled.insert(call, Money::from_nano(row.get("amount"))), None, "{call} is there twice");
    }
    (settled, orders)
}

/// Holds what is on the books against what was told. Gives how many calls and orders were told.
fn compare(home: &Path, settled: &BTreeMap<CallId, Money>, orders: &BTreeSet<u64>) -> (usize, usize) {
    let (mut told, mut delivered) = (BTreeSet::new(), BTreeMap::<CallId, u64>::new());
    for thread in 0..THREADS {
        for note in Notes::read(&home.join(format!("calls-{thread}"))) {
            match note {
                Note::Settled(call) => assert!(told.insert(call), "told twice: {call}"),
                Note::Delivered(call, pieces) => {
                    delivered.insert(call, pieces);
                }
                Note::Order(_) => panic!("an order among calls"),
            }
        }
    }
    for call in &told {
        assert_eq!(settled.get(call), Some(&whole_cost(*call)), "call {call} was told as settled");
    }
    for (call, cost) in settled {
        let possible: Vec<Money> = (0..=pieces(*call)).map(|piece| cost_after(*call, piece)).collect();
        assert!(possible.contains(cost), "call {call} was charged {cost}, which it never came to");
    }
    // Who got pieces pays for these, or for the one that was on its way.
    for (call, got) in &delivered {
        let least = cost_after(*call, *got);
        let charged = settled.get(call).copied().unwrap_or_default();
        let most = if told.contains(call) { whole_cost(*call) } else { most_after(*call, *got) };
        assert!(
            charged >= least && charged <= most,
            "call {call} got {got} pieces and was charged {charged}"
        );
    }
    let told_orders: Vec<u64> = Notes::read(&home.join("orders"))
        .into_iter()
        .map(|note| match note {
            Note::Order(number) => number,
            other => panic!("{other:?} among orders"),
        })
        .collect();
    for order in &told_orders {
        assert!(orders.contains(order), "order {order} was told as paid");
    }
    (told.len(), told_orders.len())
}

/// One piece more than was noted may have been recorded; after the last comes the settlement.
fn most_after(call: CallId, got: u64) -> Money {
    cost_after(call, (got + 1).min(pieces(call))).max(if got == pieces(call) {
        whole_cost(call)
    } else {
        Money::ZERO
    })
}

fn judged(home: &TempDir) -> Judged {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(judge(home.path()))
}

#[test]
fn a_process_that_is_killed_under_load_loses_and_doubles_nothing() {
    let kills = std::env::var(KILLS).ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS_SHORT);
    let home = tempfile::tempdir().unwrap();
    let (mut last, mut settled_after, mut slowest) = (Judged::default(), 0, Duration::ZERO);
    for round in 0..kills {
        let running = Running::start(home.path(), round, None);
        assert!(running.says(READY), "the child begins");
        // Between nothing and a quarter of a second, another time in each round.
        let time = Duration::from_millis(round.wrapping_mul(97) % 250);
        let status = running.kill_after(time);
        assert_eq!(status.signal(), Some(SIGKILL), "it was still at work");
        last = judged(&home);
        settled_after += last.recovered.settled;
        slowest = slowest.max(last.took);
    }
    println!(
        "{kills} kills: {} calls and {} orders told, none lost or doubled; {settled_after} calls settled by the next \
         start, the slowest of which took {slowest:?}",
        last.settled, last.orders
    );
    assert!(last.settled > 100 && last.orders > 0, "there was load: {last:?}");
    assert!(settled_after > 0, "calls were cut off");
}

#[test]
fn a_process_that_ends_at_any_place_where_it_writes_loses_and_doubles_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut round = 1_000;
    for (place, before) in PLACES {
        if let Some(before) = before {
            round += 1;
            let status = Running::start(home.path(), round, Some(before)).ends();
            assert_eq!(status.signal(), Some(SIGABRT), "{before} was never reached");
        }
        round += 1;
        let status = Running::start(home.path(), round, Some(place)).ends();
        assert_eq!(status.signal(), Some(SIGABRT), "{place} was never reached: {status}");
        let judged = judged(&home);
        println!("{place}: {judged:?}");
    }
}

#[test]
fn a_disk_that_fails_ends_the_process_at_once() {
    let home = tempfile::tempdir().unwrap();
    let running = Running::start(home.path(), 1, Some("sync:20:error"));
    assert!(running.says(MUST_END), "it saw that it must end");
    assert!(running.ends().success());
    let judged = judged(&home);
    assert!(judged.settled > 0, "{judged:?}");
}

#[test]
fn every_invariant_has_a_number_and_words() {
    let numbers: Vec<&str> = Invariant::ALL.iter().map(|(invariant, ..)| invariant.number()).collect();
    assert_eq!(numbers, ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9"]);
    assert!(Invariant::ALL.iter().all(|(invariant, ..)| !invariant.words().is_empty()));
}
