//! Who gets which slot, what is found of them by a later start, and whose table is whose.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use domain::{CallId, Currency, Money};
use ledger::{Customer, Purse, SlotCost};

use super::super::super::journal::{JournalFolder, JournalId, JournalIdentity};
use super::super::error::SlotError;
use super::super::layout::{Claimer, claim};
use super::{Slots, claims};

const BOOT: [u8; 16] = [1; 16];

fn told(call: u128, cost: i64) -> SlotCost {
    SlotCost {
        call: CallId(call),
        purse: Purse { customer: Customer(1), currency: Currency::USD },
        held: Money::from_nano(10),
        cost: Money::from_nano(cost),
        price_version: 1,
    }
}

fn identity(home: &Path, is_lost: bool) -> JournalIdentity {
    JournalIdentity::of(&JournalFolder::lock(home, 0).unwrap(), is_lost).unwrap()
}

/// A journal that has an id.
fn journal(home: &Path) -> JournalIdentity {
    let journal = identity(home, false);
    journal.keep().unwrap();
    journal
}

fn found(slots: &Slots, boot: [u8; 16]) -> Vec<SlotCost> {
    let mut found: Vec<_> = claims(&slots.file, &boot).unwrap().into_iter().map(|(_, slot)| slot).collect();
    found.sort_by_key(|slot| slot.call);
    found
}

/// A table in which a call of a journal is left that has come to `cost`.
fn left_by(path: &Path, journal: &JournalIdentity, cost: i64) {
    let (slots, _) = Slots::open(path, 3, BOOT, journal).unwrap();
    slots.clear_all().unwrap();
    slots.record(&mut slots.take().unwrap(), (1, 1), &told(5, cost)).unwrap();
}

#[test]
fn what_was_recorded_and_not_cleared_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = (folder.path().join("slots"), journal(folder.path()));
    let (slots, left) = Slots::open(&path, 3, BOOT, &journal).unwrap();
    assert_eq!(left, []);
    slots.clear_all().unwrap();
    let [mut first, mut second, third] = [(); 3].map(|()| slots.take().unwrap());
    assert_eq!(slots.take(), None, "all are taken");
    slots.record(&mut second, (1, 1), &told(2, 3)).unwrap();
    slots.record(&mut second, (5, 6), &told(2, 7)).unwrap();
    slots.record(&mut first, (1, 1), &told(1, 8)).unwrap();
    assert_eq!(found(&slots, BOOT), [told(1, 8), told(2, 7)], "nothing was said of the third");
    assert_eq!(found(&slots, [2; 16]), [], "the machine was started again");
    slots.give_back([first]);
    assert_eq!(slots.free(), 1);
    assert_eq!(found(&slots, BOOT), [told(1, 8), told(2, 7)], "until it is written over");
    let mut fourth = slots.take().unwrap();
    slots.record(&mut fourth, (1, 1), &told(4, 9)).unwrap();
    assert_eq!(found(&slots, BOOT), [told(2, 7), told(4, 9)]);
    slots.give_back([fourth]);
    slots.clear_stale().unwrap();
    assert_eq!((slots.free(), found(&slots, BOOT)), (1, vec![told(2, 7)]), "cleared, and still free");
    drop(slots);
    let (slots, left) = Slots::open(&path, 3, BOOT, &journal).unwrap();
    assert_eq!(left, [told(2, 7)], "by the next start");
    slots.clear_all().unwrap();
    assert_eq!((slots.free(), found(&slots, BOOT)), (3, vec![]));
    slots.give_back([second, third]);
}

#[test]
fn a_table_of_any_size_is_made_whole() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    for count in [1, 32, 33, 100] {
        let path = folder.path().join(count.to_string());
        let (slots, _) = Slots::open(&path, count, BOOT, &journal).unwrap();
        slots.clear_all().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 4096 + u64::from(count) * 128);
    }
}

#[test]
fn two_never_write_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = (folder.path().join("slots"), journal(folder.path()));
    let (slots, _) = Slots::open(&path, 3, BOOT, &journal).unwrap();
    let refused = Slots::open(&path, 3, BOOT, &journal).unwrap_err();
    assert!(matches!(refused, SlotError::InUse { .. }), "{refused}");
    let told = refused.to_string();
    assert!(told.contains(path.to_str().unwrap()) && told.contains("ledger.slots_file"), "{told}");
    drop(slots);
    assert!(Slots::open(&path, 3, BOOT, &journal).is_ok());
}

#[test]
fn calls_of_another_journal_are_refused_and_stay_for_theirs() {
    let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (path, ours, theirs) = (folder.path().join("slots"), journal(folder.path()), journal(other.path()));
    left_by(&path, &theirs, 7);
    let before = std::fs::read(&path).unwrap();
    for journal in [&ours, &identity(tempfile::tempdir().unwrap().path(), true)] {
        let refused = Slots::open(&path, 3, BOOT, journal).unwrap_err();
        assert!(matches!(refused, SlotError::Foreign { calls: 1, .. }), "{refused}");
        let told = refused.to_string();
        for place in [path.to_str().unwrap(), journal.folder().to_str().unwrap(), theirs.place()] {
            assert!(told.contains(place), "{place}: {told}");
        }
        assert!(told.contains(&theirs.id().to_string()) && told.contains("ledger.slots_file"), "{told}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before, "nothing was changed");
    let (slots, left) = Slots::open(&path, 3, BOOT, &theirs).unwrap();
    assert_eq!(left, [told(5, 7)]);
    slots.clear_all().unwrap();
    drop(slots);
    let (_, left) = Slots::open(&path, 3, BOOT, &ours).unwrap();
    assert_eq!(left, [], "an empty table is anybody's");
}

/// They tell nobody anything any more, nor those whose they are.
#[test]
fn calls_of_another_journal_from_before_the_machine_was_started_are_none() {
    let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let path = folder.path().join("slots");
    left_by(&path, &journal(other.path()), 7);
    let (_, left) = Slots::open(&path, 3, [2; 16], &journal(folder.path())).unwrap();
    assert_eq!(left, []);
}

/// Without a head, and slots that say no id: as versions wrote them that knew neither.
fn written_by_an_older_version(path: &Path) {
    let file = File::create(path).unwrap();
    file.write_all_at(&[0; 3 * 128], 0).unwrap();
    let by = Claimer { boot: BOOT, journal: JournalId::default() };
    file.write_all_at(&claim(9, &by, (1, 1), &told(5, 7)), 128).unwrap();
}

#[test]
fn calls_of_an_older_version_are_those_of_a_journal_that_had_no_id_yet_and_of_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slots");
    written_by_an_older_version(&path);
    let before = std::fs::read(&path).unwrap();
    let refused = Slots::open(&path, 3, BOOT, &identity(folder.path(), false)).unwrap_err().to_string();
    assert!(refused.contains("older versions"), "a journal that begins has left nothing: {refused}");
    std::fs::write(folder.path().join("node-0").join("00000000000000000001.journal"), "").unwrap();
    let unnamed = identity(folder.path(), false);
    let (slots, left) = Slots::open(&path, 3, BOOT, &unnamed).unwrap();
    assert_eq!(left, [told(5, 7)]);
    slots.clear_all().unwrap();
    drop(slots);
    unnamed.keep().unwrap();
    std::fs::write(&path, &before).unwrap();
    let refused = Slots::open(&path, 3, BOOT, &identity(folder.path(), false)).unwrap_err();
    assert!(matches!(refused, SlotError::Foreign { calls: 1, .. }), "once: {refused}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

/// The disk with the journal is gone, not the memory with the table.
#[test]
fn a_journal_that_is_begun_anew_takes_what_the_lost_one_has_left_in_its_place_and_nothing_else() {
    let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let path = folder.path().join("slots");
    let lost = journal(folder.path());
    left_by(&path, &lost, 7);
    std::fs::remove_dir_all(folder.path().join("node-0")).unwrap();
    let refused = Slots::open(&path, 3, BOOT, &identity(folder.path(), false)).unwrap_err();
    assert!(matches!(refused, SlotError::Foreign { .. }), "nobody has said that it is lost: {refused}");
    let refused = Slots::open(&path, 3, BOOT, &identity(other.path(), true)).unwrap_err();
    assert!(matches!(refused, SlotError::Foreign { .. }), "elsewhere: {refused}");
    let (_, left) = Slots::open(&path, 3, BOOT, &identity(folder.path(), true)).unwrap();
    assert_eq!(left, [told(5, 7)]);
}

/// A void call whose slot could not be written again: whoever had it next might write nothing for long.
#[test]
fn a_slot_that_could_not_be_written_is_nobodys_until_it_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = (folder.path().join("slots"), journal(folder.path()));
    let (mut slots, _) = Slots::open(&path, 1, BOOT, &journal).unwrap();
    slots.clear_all().unwrap();
    let mut slot = slots.take().unwrap();
    slots.record(&mut slot, (1, 1), &told(1, 8)).unwrap();
    let writable = slots.replace_file(File::open(&path).unwrap());
    assert!(slots.record(&mut slot, (1, 1), &told(1, 0)).is_err());
    slots.give_back([slot]);
    assert_eq!((slots.take(), slots.free()), (None, 0), "it still tells what the call had come to");
    assert!(slots.clear_stale().is_err());
    assert_eq!((slots.take(), found(&slots, BOOT)), (None, vec![told(1, 8)]));
    slots.replace_file(writable);
    slots.clear_stale().unwrap();
    assert_eq!(found(&slots, BOOT), []);
    let mut slot = slots.take().expect("it is free again");
    slots.record(&mut slot, (1, 1), &told(2, 3)).unwrap();
    assert_eq!(found(&slots, BOOT), [told(2, 3)]);
    slots.give_back([slot]);
}

#[test]
fn a_slot_that_was_written_in_the_end_is_given_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = (folder.path().join("slots"), journal(folder.path()));
    let (mut slots, _) = Slots::open(&path, 1, BOOT, &journal).unwrap();
    slots.clear_all().unwrap();
    let mut slot = slots.take().unwrap();
    let writable = slots.replace_file(File::open(&path).unwrap());
    assert!(slots.record(&mut slot, (1, 1), &told(1, 8)).is_err());
    slots.replace_file(writable);
    slots.record(&mut slot, (1, 1), &told(1, 9)).unwrap();
    slots.give_back([slot]);
    assert_eq!((slots.free(), found(&slots, BOOT)), (1, vec![told(1, 9)]));
}
