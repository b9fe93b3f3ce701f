//! What is kept across starts, crashes and damage, and what is not.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use domain::{IdempotencyKey, OrganisationId, ProjectId, RequestDigest, Secret, Timestamp};

use super::answer::KeptAnswer;
use super::claim::{Claim, Claimed};
use super::digests::KeyName;
use super::opened::Reopened;
use super::queue::Refused;
use super::shelf::{AnswerShelf, ReadError};
use super::sizes::ShelfSizes;
use crate::master_key::MasterKey;
use crate::seal::{Generation, Seal};

const SIZES: ShelfSizes = ShelfSizes { hours: 24, bytes_max: 1 << 30, keys_max: 10_000 };
const MS_PER_HOUR: i64 = 3_600_000;
const REQUEST: RequestDigest = RequestDigest([7; 32]);

fn always() -> Timestamp {
    Timestamp(1_800_000_000_000)
}

fn seal(letter: &str) -> Seal {
    MasterKey::from_text(&Secret::new(letter.repeat(32))).unwrap().seal(Generation::new(1))
}

fn open(folder: &Path) -> (AnswerShelf, Reopened) {
    AnswerShelf::open(folder, seal("m"), SIZES, always).unwrap()
}

fn name(key: &str) -> KeyName {
    let key = IdempotencyKey::parse(key.as_bytes()).unwrap();
    KeyName::of(&OrganisationId::parse("org_a").unwrap(), &ProjectId::parse("proj_a").unwrap(), &key)
}

fn answer(body: &[u8]) -> KeptAnswer {
    let headers = vec![("content-type".to_owned(), b"text/plain".to_vec())];
    KeptAnswer { status: 200, is_stream: false, headers, body: body.to_vec() }
}

fn claimed(shelf: &AnswerShelf, key: &str) -> Claimed {
    match shelf.claim(name(key), REQUEST) {
        Claim::Anew(claimed) => claimed,
        other => panic!("{key}: {other:?}"),
    }
}

fn begun(shelf: &AnswerShelf, key: &str) -> Claimed {
    let mut claimed = claimed(shelf, key);
    claimed.begin().unwrap().blocking_recv().unwrap().unwrap();
    claimed
}

fn keep(shelf: &AnswerShelf, key: &str, body: &[u8]) {
    let mut claimed = begun(shelf, key);
    claimed.keep(&answer(body)).unwrap().blocking_recv().unwrap().unwrap();
    claimed.is_kept();
}

/// What a repeat is told, in one word, or the body that is kept.
fn repeat(shelf: &AnswerShelf, key: &str) -> String {
    match shelf.claim(name(key), REQUEST) {
        Claim::Anew(_) => "anew".to_owned(),
        Claim::Replay(place) => String::from_utf8(shelf.read(place).unwrap().body).unwrap(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What is written is there without a good end: the files are opened as they lie.
#[test]
fn a_start_knows_what_the_process_before_it_knew() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = open(dir.path());
    keep(&shelf, "kept", b"hello");
    keep(&shelf, "empty", b"");
    let running = begun(&shelf, "running");
    begun(&shelf, "freed").free();
    begun(&shelf, "large").too_large();
    drop(begun(&shelf, "dropped"));
    drop(claimed(&shelf, "never-begun"));
    keep(&shelf, "twice", b"first");
    assert_eq!(repeat(&shelf, "running"), "inuse");
    assert_eq!(repeat(&shelf, "dropped"), "unknown");
    assert_eq!(repeat(&shelf, "freed"), "anew");
    // All before it is written when this is.
    keep(&shelf, "last", b"last");
    let (next, reopened) = open(dir.path());
    assert_eq!((reopened.torn, reopened.unreadable), (0, 0));
    let told = ["kept", "empty", "running", "freed", "large", "dropped", "never-begun"];
    let told = told.map(|key| repeat(&next, key));
    assert_eq!(told, ["hello", "", "unknown", "anew", "toolarge", "unknown", "anew"]);
    drop(running);
}

#[test]
fn another_request_is_never_told_the_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = open(dir.path());
    keep(&shelf, "key", b"hello");
    let other = RequestDigest([8; 32]);
    assert!(matches!(shelf.claim(name("key"), other), Claim::Reused));
    assert!(matches!(open(dir.path()).0.claim(name("key"), other), Claim::Reused));
}

#[test]
fn a_file_that_was_cut_anywhere_tells_all_before_the_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = open(dir.path());
    keep(&shelf, "first", b"hello");
    let [file] = files(dir.path()).try_into().unwrap();
    let before = fs::metadata(&file).unwrap().len();
    keep(&shelf, "second", b"world");
    let whole = fs::read(&file).unwrap();
    for length in before..=whole.len() as u64 {
        let copy = tempfile::tempdir().unwrap();
        let place = copy.path().join(file.file_name().unwrap());
        fs::write(&place, &whole[..length as usize]).unwrap();
        let (cut, reopened) = open(copy.path());
        assert_eq!(repeat(&cut, "first"), "hello", "cut at {length}");
        let second = repeat(&cut, "second");
        match length {
            _ if length == whole.len() as u64 => assert_eq!((second.as_str(), reopened.torn), ("world", 0)),
            _ if length == before => assert_eq!((second.as_str(), reopened.torn), ("anew", 0)),
            _ => assert!(second == "anew" || second == "unknown", "{second}: cut at {length}"),
        }
        // It is not written on behind the tear, and the next start knows both.
        keep(&cut, "third", b"again");
        assert_eq!(repeat(&open(copy.path()).0, "third"), "again");
    }
}

#[test]
fn a_changed_byte_is_noticed_wherever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = open(dir.path());
    keep(&shelf, "key", b"hello");
    let [file] = files(dir.path()).try_into().unwrap();
    let whole = fs::read(&file).unwrap();
    for place in 0..whole.len() {
        let copy = tempfile::tempdir().unwrap();
        let mut changed = whole.clone();
        changed[place] ^= 1;
        fs::write(copy.path().join(file.file_name().unwrap()), changed).unwrap();
        let (shelf, _) = open(copy.path());
        match shelf.claim(name("key"), REQUEST) {
            Claim::Replay(place) => assert!(matches!(shelf.read(place), Err(ReadError::Damaged(_)))),
            Claim::Anew(_) | Claim::Unknown => {}
            other => panic!("byte {place}: {other:?}"),
        };
    }
}

#[test]
fn no_file_has_a_word_of_the_key_or_the_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = open(dir.path());
    keep(&shelf, "never-to-be-read", b"said in confidence");
    let kept: Vec<u8> = files(dir.path()).iter().flat_map(|file| fs::read(file).unwrap()).collect();
    let has = |words: &[u8]| kept.windows(words.len()).any(|window| window == words);
    assert!(kept.len() > 200 && has(b"BWANSWER"));
    assert!(!has(b"never-to-be-read") && !has(b"in confidence") && !has(b"text/plain"));
    assert!(!has(&name("never-to-be-read").0) && !has(&REQUEST.0));
}

#[test]
fn files_of_another_master_key_are_told_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    keep(&open(dir.path()).0, "key", b"hello");
    let (other, reopened) = AnswerShelf::open(dir.path(), seal("n"), SIZES, always).unwrap();
    assert_eq!((reopened.unreadable, reopened.keys), (1, 0));
    assert_eq!(repeat(&other, "key"), "anew");
    assert_eq!(repeat(&open(dir.path()).0, "key"), "hello", "with the right one again");
}

#[test]
fn the_oldest_make_room_and_what_runs_stays_known() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = ShelfSizes { bytes_max: 256 << 10, ..SIZES };
    let (shelf, _) = AnswerShelf::open(dir.path(), seal("m"), sizes, always).unwrap();
    let running = begun(&shelf, "running");
    let body = vec![b'x'; 10 << 10];
    for number in 0..100 {
        keep(&shelf, &format!("key-{number}"), &body);
        assert!(shelf.bytes() <= sizes.bytes_max);
    }
    assert!(shelf.files_dropped_for_room() > 0);
    assert_eq!(repeat(&shelf, "key-0"), "anew");
    assert_eq!(repeat(&shelf, "key-99").len(), body.len());
    assert_eq!(repeat(&shelf, "running"), "inuse");
    let on_disk: u64 = files(dir.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(on_disk <= sizes.bytes_max && on_disk == shelf.bytes(), "{on_disk} of {}", shelf.bytes());
    // The mark of what runs was carried along.
    assert_eq!(repeat(&open(dir.path()).0, "running"), "unknown");
    drop(running);
}

#[test]
fn no_more_keys_are_known_than_may_be() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = ShelfSizes { keys_max: 256, ..SIZES };
    let (shelf, _) = AnswerShelf::open(dir.path(), seal("m"), sizes, always).unwrap();
    for number in 0..1000 {
        keep(&shelf, &format!("key-{number}"), b"x");
        assert!(shelf.keys() <= 257);
    }
    assert_eq!((repeat(&shelf, "key-0"), repeat(&shelf, "key-999")), ("anew".to_owned(), "x".to_owned()));
}

#[test]
fn what_is_older_than_it_is_kept_is_forgotten_and_deleted() {
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000);
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) =
        AnswerShelf::open(dir.path(), seal("m"), SIZES, || Timestamp(NOW.load(Ordering::Relaxed))).unwrap();
    keep(&shelf, "key", b"hello");
    let [first] = files(dir.path()).try_into().unwrap();
    NOW.fetch_add(24 * MS_PER_HOUR - 1, Ordering::Relaxed);
    assert_eq!(repeat(&shelf, "key"), "hello");
    NOW.fetch_add(1, Ordering::Relaxed);
    assert_eq!(repeat(&shelf, "key"), "anew");
    NOW.fetch_add(MS_PER_HOUR, Ordering::Relaxed);
    keep(&shelf, "other", b"x");
    assert!(!first.exists() && files(dir.path()).len() == 1);
    assert_eq!(shelf.files_dropped_for_room(), 0);
}

#[test]
fn a_folder_that_takes_nothing_is_told_before_anybody_is_asked_and_then_is_well_again() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("answers");
    let (shelf, _) = open(&folder);
    fs::remove_dir(&folder).unwrap();
    let mut refused = claimed(&shelf, "key");
    assert_eq!(refused.begin().unwrap().blocking_recv().unwrap(), Err(Refused));
    refused.free();
    assert!(shelf.failures() > 0);
    fs::create_dir(&folder).unwrap();
    keep(&shelf, "key", b"hello");
    assert_eq!(repeat(&open(&folder).0, "key"), "hello");
}

#[test]
fn an_answer_that_cannot_be_written_leaves_its_outcome_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("answers");
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000);
    let (shelf, _) =
        AnswerShelf::open(&folder, seal("m"), SIZES, || Timestamp(NOW.load(Ordering::Relaxed))).unwrap();
    let mut running = begun(&shelf, "key");
    fs::remove_dir_all(&folder).unwrap();
    // The next hour needs a new file.
    NOW.fetch_add(MS_PER_HOUR, Ordering::Relaxed);
    let kept = running.keep(&answer(b"hello")).unwrap().blocking_recv().unwrap();
    assert_eq!(kept, Err(Refused));
    drop(running);
    assert_eq!(repeat(&shelf, "key"), "unknown");
}

#[test]
fn an_answer_of_which_more_came_is_told_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = open(dir.path());
    let mut claimed = begun(&shelf, "key");
    for body in [&b"hello"[..], b"hello\n"] {
        claimed.keep(&answer(body)).unwrap().blocking_recv().unwrap().unwrap();
    }
    claimed.is_kept();
    assert_eq!(repeat(&shelf, "key"), "hello\n");
    assert_eq!(repeat(&open(dir.path()).0, "key"), "hello\n");
}

#[test]
fn what_follows_a_damaged_record_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = open(dir.path());
    keep(&shelf, "first", b"hello");
    let [file] = files(dir.path()).try_into().unwrap();
    let end = fs::metadata(&file).unwrap().len();
    keep(&shelf, "second", b"world");
    OpenOptions::new().write(true).open(&file).unwrap().write_all_at(&[0xff; 4], end).unwrap();
    let (next, reopened) = open(dir.path());
    assert_eq!(reopened, Reopened { keys: 1, torn: 1, unreadable: 0 });
    assert_eq!((repeat(&next, "first"), repeat(&next, "second")), ("hello".to_owned(), "anew".to_owned()));
}

#[tokio::test]
async fn a_stop_waits_for_what_was_handed_over() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = open(dir.path());
    let mut claims: Vec<_> = (0..50).map(|number| claimed(&shelf, &format!("key-{number}"))).collect();
    for claim in &mut claims {
        let _not_waited_for = claim.begin().unwrap();
        claim.free();
    }
    shelf.close().await;
    let (next, reopened) = open(dir.path());
    assert_eq!((reopened.keys, repeat(&next, "key-49").as_str()), (0, "anew"));
}
