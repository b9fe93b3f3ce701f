//! What many keys cost: reading them at a start, memory for each, finding one, taking one back. `MANY_KEYS` says how many;
//! `make prove-keys` asks for a million. Figures are printed; what is asserted is what must hold on any machine.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use domain::{Secret, Timestamp};
use store::{
    Asker, Database, DatabasePlace, ForeignKey, ForeignSecret, KeyDesk, KeyDirectory, KeyHasher, KeyState,
    NewKey,
};

const NOW: Timestamp = Timestamp(1_795_219_200_000);
const COUNT_DEFAULT: usize = 20_000;
/// Below that many the process's own memory is more than the keys'.
const COUNT_WEIGHED_MIN: usize = 500_000;
const BYTES_PER_KEY_MAX: usize = 300;
const FEW: usize = 1000;
/// Look-ups that are timed.
const LOOK_UPS: usize = 200_000;
/// Keys taken over in one transaction.
const IMPORT: usize = 50_000;
const FILL: &str = "MANY_KEYS_FILL";

fn count() -> usize {
    std::env::var("MANY_KEYS").map_or(COUNT_DEFAULT, |text| text.parse().expect("MANY_KEYS is a number"))
}

fn hasher() -> KeyHasher {
    KeyHasher::new(&[7; 32])
}

fn text(number: usize) -> String {
    format!("sk-one-of-very-many-keys-{number:08}")
}

async fn opened(path: &Path) -> (Database, KeyDesk) {
    let store = Database::open(&DatabasePlace::File(path.to_owned()), &hasher()).await.unwrap();
    let desk = KeyDesk::open(Box::new(store.clone()), hasher(), "bw_").await.unwrap();
    (store, desk)
}

/// Makes a database of so many keys. Done by a process of its own, so that what it needs is not counted.
async fn fill(path: &Path, count: usize) {
    let (store, desk) = opened(path).await;
    let key = |number: usize| ForeignKey {
        row: number,
        known: ForeignSecret::Key(Secret::new(text(number))),
        wish: NewKey::named(&format!("key {number}")),
        budget: None,
    };
    for first in (0..count).step_by(IMPORT) {
        let keys = (first..count.min(first + IMPORT)).map(key).collect();
        desk.import(keys, ("a test", false), &Asker::operator("a test"), NOW).await.unwrap();
    }
    store.close().await;
}

fn filled(path: &Path, count: usize) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "fills_a_database_for_the_other", "--nocapture"]).env(FILL, path);
    let done = command.env("MANY_KEYS", count.to_string()).status().unwrap();
    assert!(done.success());
    assert!(path.exists());
}

#[tokio::test]
async fn fills_a_database_for_the_other() {
    let Some(path) = std::env::var_os(FILL) else { return };
    fill(Path::new(&path), count()).await;
    assert_eq!(opened(Path::new(&path)).await.1.directory().len(), count());
}

/// The time of one look-up among so many: the middle of several rounds.
fn look_up_time(directory: &KeyDirectory, count: usize) -> Duration {
    let hasher = hasher();
    // Digests are made ahead: what is asked is what finding one costs.
    let step = 2_654_435_761_usize;
    let digests: Vec<_> =
        (0..LOOK_UPS).map(|number| hasher.digest(&text(number.wrapping_mul(step) % count))).collect();
    let mut rounds: Vec<_> = (0..5)
        .map(|_| {
            let before = Instant::now();
            let found = digests.iter().filter(|digest| directory.find(digest).is_some()).count();
            assert_eq!(found, LOOK_UPS);
            before.elapsed() / LOOK_UPS as u32
        })
        .collect();
    rounds.sort();
    rounds[2]
}

async fn revoke_time(desk: &KeyDesk, number: usize) -> Duration {
    let entry = desk.directory().look_up(&text(number), &hasher()).unwrap();
    let before = Instant::now();
    desk.revoke(entry.id.as_str(), &Asker::operator("a test"), NOW).await.unwrap();
    let took = before.elapsed();
    assert_eq!(entry.state(NOW), KeyState::Revoked);
    took
}

/// What this process has used of all processors: other than time, it does not hang on who else is there.
fn processor_ms() -> u64 {
    const MS_PER_TICK: u64 = 10;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let behind_name = stat.rsplit(')').next().unwrap();
    let ticks = behind_name.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap());
    ticks.sum::<u64>() * MS_PER_TICK
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn many_keys_are_read_found_and_revoked() {
    let count = count();
    let dir = tempfile::tempdir().unwrap();
    let (many, few) = (dir.path().join("many.db"), dir.path().join("few.db"));
    filled(&many, count);
    filled(&few, FEW);
    let (_few_store, few_desk) = opened(&few).await;

    let (memory, before, spent) = (resident_bytes(), Instant::now(), processor_ms());
    let (store, desk) = opened(&many).await;
    let (start, spent) = (before.elapsed(), processor_ms() - spent);
    let memory = resident_bytes().saturating_sub(memory);
    let directory = desk.directory();
    assert_eq!(directory.len(), count);
    let per_key = memory / count;
    println!(
        "{count} keys: opened and read in {start:?} ({spent} ms of processors), {per_key} bytes of memory a key"
    );
    if count >= COUNT_WEIGHED_MIN {
        assert!(per_key <= BYTES_PER_KEY_MAX, "{per_key} bytes a key");
    }

    let (among_few, among_many) = (look_up_time(&few_desk.directory(), FEW), look_up_time(&directory, count));
    println!("one look-up: {among_few:?} among {FEW}, {among_many:?} among {count}");
    let (of_few, of_many) = (revoke_time(&few_desk, 7).await, revoke_time(&desk, count / 2).await);
    println!("one revoke, written to the disk: {of_few:?} of {FEW}, {of_many:?} of {count}");

    let before = Instant::now();
    let new = NewKey { verbatim: Some(Secret::new(text(count))), ..NewKey::named("one more") };
    desk.create(new, &Asker::operator("a test"), NOW).await.unwrap();
    println!("one more key: {:?}", before.elapsed());
    assert_eq!(directory.look_up(&text(count), &hasher()).unwrap().state(NOW), KeyState::Active);
    assert!(directory.look_up(&text(count + 1), &hasher()).is_none());
    store.close().await;
}
