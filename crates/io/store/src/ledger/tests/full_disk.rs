//! A disk that fills up under running calls: no new one is paid for, those that run are settled, and all goes on once there
//! is room.

use std::path::Path;

use domain::Money;
use ledger::payments;

use super::books_of_calls::{HELD, NOW, PURSE, call, database};
use crate::ledger::{AppendError, HoldError, JournalSizes, Ledger, LedgerError, LedgerOptions, Level};

const STILL: std::time::Duration = std::time::Duration::from_millis(500);

/// A file system of its own that is small: needs the right to mount, which tests run by root have.
#[tokio::test]
async fn running_calls_are_settled_and_new_ones_refused_until_there_is_room() {
    let (home, mounted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mount = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(mounted.path())
        .status();
    if !mount.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no right to mount");
        return;
    }
    let mounted = Mounted(mounted);
    fill_up(home.path(), &mounted).await;
    start_without_room(home.path(), &mounted).await;
}

/// Unmounted at its end, also where the test fails.
struct Mounted(tempfile::TempDir);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

fn options(home: &Path, disk: &Path) -> LedgerOptions {
    let sizes =
        JournalSizes { segment_bytes: 64 << 10, journal_bytes_max: 1 << 30, buffer_bytes_max: 1 << 20 };
    LedgerOptions {
        folder: disk.join("ledger"),
        slots: home.join("slots"),
        slots_max: 64,
        sizes,
        ..LedgerOptions::of(home)
    }
}

/// Takes all that is free.
fn take_room(other: &Path) {
    let mut bytes = 1 << 20;
    while bytes > 512 {
        let part = std::fs::OpenOptions::new().append(true).create(true).open(other);
        let written = std::io::Write::write(&mut part.unwrap(), &vec![1; bytes]);
        if written.is_err() {
            bytes /= 2;
        }
    }
}

/// What a crash left open cannot be closed: the start says so, and the next one with room closes it.
async fn start_without_room(home: &Path, disk: &Mounted) {
    let disk = disk.0.path();
    let (database, options) = (database(home).await, options(home, disk));
    let (ledger, applier, _) = Ledger::open(&options, &database, NOW).await.unwrap();
    let left = ledger.cells().cell(PURSE).available();
    let mut held = ledger.hold(call(2, 0, 0), PURSE, HELD, 1, NOW).unwrap();
    ledger.record(&mut held, (1, 1), Money::from_nano(3)).unwrap();
    std::mem::forget(held);
    drop((ledger, applier));
    for spare in std::fs::read_dir(disk.join("ledger/node-0")).unwrap().map(|it| it.unwrap().path()) {
        if spare.to_string_lossy().contains("spare-") {
            std::fs::remove_file(spare).unwrap();
        }
    }
    let other = disk.join("somebody-elses");
    take_room(&other);
    let refused = Ledger::open(&options, &database, NOW).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, LedgerError::NoRoom { to_close: 1, .. }), "{refused}");
    assert!(refused.to_string().contains("make room and start again"), "{refused}");
    std::fs::remove_file(&other).unwrap();
    let (ledger, _, recovered) = Ledger::open(&options, &database, NOW).await.unwrap();
    assert_eq!(recovered.settled, 1);
    assert_eq!(ledger.cells().cell(PURSE).available().nano(), left.nano() - 3);
}

async fn fill_up(home: &Path, disk: &Mounted) {
    let disk = disk.0.path();
    let (database, options) = (database(home).await, options(home, disk));
    let (ledger, mut applier, _) = Ledger::open(&options, &database, NOW).await.unwrap();
    let order = payments::order("1", "transfer", PURSE, Money::from_nano(1_000_000)).unwrap();
    ledger.post(&database, order, NOW).await.unwrap();
    let mut running: Vec<_> =
        (0..20).map(|number| ledger.hold(call(1, 0, number), PURSE, HELD, 1, NOW).unwrap()).collect();
    // Somebody else takes what is free, and the calls go on until every file is full and nothing more is taken.
    let other = disk.join("somebody-elses");
    take_room(&other);
    let mut last = ledger.journal().written();
    let (mut reached, mut still) = (ledger.journal().reached(), 0);
    loop {
        match ledger.progress(&mut running[0], (1, 1), Money::from_nano(5), NOW) {
            Ok(lsn) => last = lsn,
            Err(HoldError::Append(AppendError::Behind)) => {
                let written = ledger.journal().written();
                let moves = reached.wait_for(|it| it.written > written);
                // The writer waits for a file where nothing moves for so long, perhaps with what was just there.
                still += u32::from(tokio::time::timeout(STILL, moves).await.is_err());
                if still == 2 {
                    break;
                }
            }
            Err(other) => panic!("{other}"),
        }
    }
    let refused = ledger.hold(call(1, 1, 0), PURSE, HELD, 1, NOW);
    assert!(matches!(refused, Err(HoldError::Append(AppendError::NoRoom))), "{refused:?}");
    let mut unsettled = Vec::new();
    for held in running {
        match ledger.settle(held, (1, 1), Money::from_nano(7), NOW) {
            Ok(_) => panic!("nothing more is taken"),
            Err(later) => unsettled.push(later),
        }
    }
    assert_eq!(unsettled.len(), 20);
    assert!(matches!(unsettled[0].error, AppendError::Behind));
    std::fs::remove_file(&other).unwrap();
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    for later in unsettled {
        last = ledger.settle_again(*later, NOW).unwrap();
    }
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    let held = ledger.hold(call(1, 1, 0), PURSE, HELD, 1, NOW).unwrap();
    let (last, _) = ledger.settle(held, (1, 1), Money::from_nano(7), NOW).unwrap();
    ledger.journal().wait(last, Level::Durable).await.unwrap();
    while applier.applied() < last {
        ledger.applied(&applier.step(ledger.journal().durable()).await.unwrap());
    }
    assert_eq!(applier.books().total(PURSE), 1_000_000 - 21 * 7);
    assert_eq!(ledger.cells().cell(PURSE).available(), Money::from_nano(1_000_000 - 21 * 7));
    assert_eq!(ledger.slots().free(), 64);
}
