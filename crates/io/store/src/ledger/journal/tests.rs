//! Files that fill up, tails that a crash has torn, damage in the middle, disks that are full.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use domain::{CallId, Money, Timestamp};
use ledger::{Lsn, Movement, Recorded};

use super::error::{AppendError, JournalError, WaitError};
use super::level::Level;
use super::open::{Journal, JournalFolder, JournalSizes};
use super::segment::{RECORDS_START, SegmentFile, SegmentHead};
use super::tail::{AppliedTo, find};

const SMALL: JournalSizes =
    JournalSizes { segment_bytes: 32 << 10, journal_bytes_max: 1 << 20, buffer_bytes_max: 1 << 20 };
const NOTHING: AppliedTo = AppliedTo { lsn: Lsn(0), hash: [0; 32] };

fn progress(number: u128) -> Movement {
    Movement::Progress { call: CallId(number), cost: Money::from_nano(number as i64) }
}

fn waiting() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Everything that is in the journal, and a journal that goes on behind it.
fn start(parent: &Path, epoch: u32) -> Result<(Journal, Vec<Recorded>), JournalError> {
    let folder = JournalFolder::lock(parent, 0)?;
    let mut records = Vec::new();
    let tail = find(folder.path(), NOTHING, false, |recorded| records.push(recorded))?;
    Ok((folder.start(&tail, epoch, SMALL)?, records))
}

/// Appends in batches: each is on the disk before the next begins.
fn fill(journal: &Journal, numbers: std::ops::Range<u128>, per_batch: usize) {
    let runtime = waiting();
    for number in numbers {
        let lsn = journal.append(Timestamp(number as i64), &progress(number)).unwrap();
        if number as usize % per_batch == per_batch - 1 {
            runtime.block_on(journal.wait(lsn, Level::Durable)).unwrap();
        }
    }
}

fn numbers(records: &[Recorded]) -> Vec<u128> {
    records.iter().map(|it| it.movement.call().unwrap().0).collect()
}

fn files(parent: &Path) -> Vec<PathBuf> {
    SegmentFile::all(&parent.join("node-0")).unwrap().into_iter().map(|file| file.path).collect()
}

/// Where the records of a file end.
fn end_of(path: &Path) -> u64 {
    let bytes = std::fs::read(path).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1).next_multiple_of(8)
}

fn change(path: &Path, at: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x40], at).unwrap();
}

/// As if the machine had been started again since.
fn give_another_boot(path: &Path) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let head = SegmentHead::read(&file).unwrap().unwrap();
    SegmentHead { boot: [9; 16], ..head }.write(&file).unwrap();
}

#[test]
fn records_outlast_files_and_starts() {
    let parent = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    for epoch in 1..=4_u32 {
        let (journal, records) = start(parent.path(), epoch).unwrap();
        assert_eq!(numbers(&records), expected);
        // A start that writes nothing leaves nothing.
        let numbers = u128::from(epoch) * 1000..u128::from(epoch) * 1000 + if epoch == 3 { 0 } else { 700 };
        fill(&journal, numbers.clone(), 10);
        expected.extend(numbers);
        journal.close();
    }
    let (journal, records) = start(parent.path(), 5).unwrap();
    assert_eq!(numbers(&records), expected);
    assert!(files(parent.path()).len() > 3, "several files: {}", journal.segments());
}

#[test]
fn two_processes_do_not_write_one_journal() {
    let parent = tempfile::tempdir().unwrap();
    let (_journal, _) = start(parent.path(), 1).unwrap();
    let error = start(parent.path(), 2).map(|_| ()).unwrap_err();
    assert!(matches!(error, JournalError::InUse { .. }), "{error}");
}

/// Whatever is left of the last batch after a crash, all before it is there and the journal goes on.
#[test]
fn a_tail_torn_at_any_byte_is_cut_off() {
    let parent = tempfile::tempdir().unwrap();
    let (journal, _) = start(parent.path(), 1).unwrap();
    fill(&journal, 0..30, 10);
    let path = files(parent.path())[0].clone();
    let before = end_of(&path);
    fill(&journal, 30..31, 1);
    journal.close();
    let whole = std::fs::read(&path).unwrap();
    let end = end_of(&path);
    assert!(end - before > 120, "a record and a seal: {}", end - before);
    for cut in before..end {
        let mut torn = whole.clone();
        torn[usize::try_from(cut).unwrap()..].fill(0);
        for file in files(parent.path()) {
            std::fs::remove_file(file).unwrap();
        }
        // What the last bytes were anyway is no loss.
        let is_whole = torn == whole;
        std::fs::write(&path, torn).unwrap();
        let mut records = Vec::new();
        let folder = parent.path().join("node-0");
        let tail = find(&folder, NOTHING, false, |recorded| records.push(recorded));
        let tail = tail.unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        let expected: Vec<u128> = (0..if is_whole { 31 } else { 30 }).collect();
        assert_eq!(numbers(&records), expected, "cut at {cut}");
        assert_eq!(tail.torn_bytes > 0, !is_whole && cut > before, "cut at {cut}: {tail:?}");
        // Going on takes its time on the disk.
        if cut % 16 == 0 {
            let (journal, _) = start(parent.path(), 2).unwrap();
            fill(&journal, 100..101, 1);
            journal.close();
            let (_, records) = start(parent.path(), 3).unwrap();
            assert_eq!(numbers(&records).last(), Some(&100), "cut at {cut}");
        }
    }
}

#[test]
fn damage_in_the_middle_is_refused_and_nothing_is_changed() {
    let parent = tempfile::tempdir().unwrap();
    let (journal, _) = start(parent.path(), 1).unwrap();
    fill(&journal, 0..1200, 10);
    journal.close();
    let paths = files(parent.path());
    let places =
        [(0, RECORDS_START), (0, RECORDS_START + 700), (0, end_of(&paths[0]) - 10), (1, 30), (1, 5000)];
    for (file, at) in places {
        change(&paths[file], at);
        let before: Vec<_> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
        let error = start(parent.path(), 2).map(|_| ()).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "{file} {at}: {error}");
        assert!(error.to_string().contains("restore"), "{error}");
        let after: Vec<_> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert!(before == after, "nothing was changed");
        change(&paths[file], at);
    }
    let moved = parent.path().join("node-0/away");
    std::fs::rename(&paths[1], &moved).unwrap();
    let error = start(parent.path(), 2).map(|_| ()).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "a file is missing: {error}");
    std::fs::rename(&moved, &paths[1]).unwrap();
    assert_eq!(start(parent.path(), 2).unwrap().1.len(), 1200);
}

/// After a power cut pages may be missing that the disk never had, in any order; those it had must be there.
#[test]
fn a_hole_after_a_power_cut_is_an_end_only_where_the_disk_never_had_it() {
    let parent = tempfile::tempdir().unwrap();
    let (journal, _) = start(parent.path(), 1).unwrap();
    fill(&journal, 0..30, 10);
    journal.close();
    let path = files(parent.path())[0].clone();
    give_another_boot(&path);
    let end = end_of(&path);
    // The last batch is the one that no later seal knows to be on the disk.
    let batch = (end - RECORDS_START) / 3;
    change(&path, end - batch + 40);
    let bytes = std::fs::read(&path).unwrap();
    let (journal, records) = start(parent.path(), 2).unwrap();
    assert_eq!(numbers(&records), (0..20).collect::<Vec<_>>());
    journal.close();
    for file in files(parent.path()) {
        std::fs::remove_file(file).unwrap();
    }
    std::fs::write(&path, bytes).unwrap();
    change(&path, RECORDS_START + batch + 40);
    let error = start(parent.path(), 3).map(|_| ()).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
}

#[test]
fn a_database_of_another_time_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let (journal, _) = start(parent.path(), 1).unwrap();
    fill(&journal, 0..1200, 10);
    journal.close();
    let folder = parent.path().join("node-0");
    let look = |lsn: u64, hash| find(&folder, AppliedTo { lsn: Lsn(lsn), hash }, false, |_| {});
    assert!(matches!(look(5000, [0; 32]), Err(JournalError::Behind { .. })), "the journal is older");
    assert!(matches!(look(11, [7; 32]), Err(JournalError::Foreign { .. })), "another gateway's");
    assert!(matches!(look(5, [7; 32]), Err(JournalError::Foreign { .. })), "no end of a batch");
    std::fs::remove_file(&files(parent.path())[0]).unwrap();
    assert!(matches!(look(11, [0; 32]), Err(JournalError::Gap { .. })), "the database is older");
    for file in files(parent.path()) {
        std::fs::remove_file(file).unwrap();
    }
    assert!(matches!(look(11, [0; 32]), Err(JournalError::Missing { .. })), "the journal is gone");
    let applied = AppliedTo { lsn: Lsn(11), hash: [7; 32] };
    let anew = find(&folder, applied, true, |_| {}).unwrap();
    assert_eq!((anew.last, anew.hash), (Lsn(11), [7; 32]));
}

#[test]
fn a_journal_that_is_too_long_takes_no_new_calls_until_some_of_it_may_go() {
    let parent = tempfile::tempdir().unwrap();
    let folder = JournalFolder::lock(parent.path(), 0).unwrap();
    let tail = find(folder.path(), NOTHING, false, |_| {}).unwrap();
    let sizes = JournalSizes { journal_bytes_max: 4 * SMALL.segment_bytes, ..SMALL };
    let journal = folder.start(&tail, 1, sizes).unwrap();
    let hold = Movement::Hold {
        call: CallId(1),
        purse: ledger::Exercise::new(0).purses()[0],
        amount: Money::from_nano(1),
    };
    fill(&journal, 0..1500, 10);
    assert!(matches!(journal.append(Timestamp(0), &hold), Err(AppendError::NoRoom)));
    // What runs is still settled.
    fill(&journal, 1500..1600, 10);
    assert_eq!(
        journal.remove_applied(Lsn(10), Timestamp(i64::MAX)).unwrap(),
        0,
        "the database has none wholly"
    );
    let durable = journal.reached().borrow().durable;
    assert_eq!(journal.remove_applied(durable, Timestamp(0)).unwrap(), 0, "none is old enough");
    assert!(journal.remove_applied(durable, Timestamp(i64::MAX)).unwrap() > 2);
    assert!(journal.append(Timestamp(0), &hold).is_ok());
}

#[test]
fn levels_that_are_not_there_are_said_and_a_closed_journal_takes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let (journal, _) = start(parent.path(), 1).unwrap();
    let runtime = waiting();
    let lsn = journal.append(Timestamp(1), &progress(1)).unwrap();
    assert!(matches!(runtime.block_on(journal.wait(lsn, Level::Remote)), Err(WaitError::NoRemote)));
    for level in [Level::Slot, Level::Written, Level::Durable] {
        runtime.block_on(journal.wait(lsn, level)).unwrap();
    }
    let mut reached = journal.reached();
    journal.close();
    let closed = runtime.block_on(reached.wait_for(|reached| reached.is_closed));
    assert_eq!(closed.unwrap().durable, Lsn(2), "the record and its seal");
    for (level, name) in Level::ALL {
        assert_eq!(Level::parse(name), Some(*level));
    }
    assert_eq!(Level::parse("always"), None);
}

/// A file system of its own that is full: needs the right to mount, which tests run by root have.
#[test]
fn a_full_disk_refuses_new_calls_and_recovers() {
    let mounted = tempfile::tempdir().unwrap();
    let done = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=160k", "tmpfs"])
        .arg(mounted.path())
        .status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no right to mount");
        return;
    }
    let full = mounted.path().join("somebody-elses");
    std::fs::write(&full, vec![1; 100 << 10]).unwrap();
    let (journal, _) = start(mounted.path(), 1).unwrap();
    let hold = Movement::Hold {
        call: CallId(1),
        purse: ledger::Exercise::new(0).purses()[0],
        amount: Money::from_nano(1),
    };
    let refused = journal.append(Timestamp(0), &hold);
    std::fs::remove_file(&full).unwrap();
    let runtime = waiting();
    // What was decided is written once there is room.
    let lsn = journal.append(Timestamp(0), &progress(1)).unwrap();
    runtime.block_on(journal.wait(lsn, Level::Durable)).unwrap();
    fill(&journal, 2..50, 1);
    let accepted = journal.append(Timestamp(0), &hold);
    journal.close();
    let kept = File::open(&files(mounted.path())[0]).is_ok();
    std::process::Command::new("umount").arg(mounted.path()).status().unwrap();
    assert!(matches!(refused, Err(AppendError::NoRoom)), "{refused:?}");
    assert!(accepted.is_ok() && kept, "{accepted:?}");
}
