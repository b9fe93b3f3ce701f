//! How every key stands, in memory. A lock is held for one look-up, and only by calls with a key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Repeat, RequestDigest, Standing, Step, Timestamp};

use super::digests::KeyName;
use super::segments::AnswerPlace;

const SHARDS: usize = 64;

/// A key that is known.
#[derive(Clone, Debug)]
struct Entry {
    request: RequestDigest,
    /// When it was last heard of.
    at: Timestamp,
    standing: Standing<AnswerPlace>,
    /// The file of what was last written of it, if anything was.
    segment: Option<u32>,
}

/// Every key that is known.
#[derive(Debug)]
pub(super) struct Index {
    shards: [Mutex<HashMap<KeyName, Entry>>; SHARDS],
    keys: AtomicU64,
}

/// What was heard of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) name: KeyName,
    pub(super) request: RequestDigest,
    pub(super) at: Timestamp,
    /// The file that it was written to, if it was.
    pub(super) segment: Option<u32>,
}

impl Index {
    pub(super) fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), keys: AtomicU64::new(0) }
    }

    /// How many keys are known.
    pub(super) fn keys(&self) -> u64 {
        self.keys.load(Ordering::Relaxed)
    }

    /// What a request gets; one that runs anew has its key from here on. What ended before `since` is forgotten.
    pub(super) fn claim(&self, heard: Heard, since: Timestamp) -> Repeat<AnswerPlace> {
        let mut shard = self.shard(&heard.name);
        let known = shard.get(&heard.name).filter(|entry| !entry.standing.has_ended() || entry.at > since);
        let repeat = Repeat::of(known.map(|entry| (&entry.request, &entry.standing)), &heard.request);
        if repeat == Repeat::Anew {
            self.put(&mut shard, &heard, Some(Standing::Running));
        }
        repeat
    }

    /// Something happened to a key.
    pub(super) fn step(&self, heard: Heard, step: Step<AnswerPlace>) {
        let mut shard = self.shard(&heard.name);
        let before = shard.get(&heard.name);
        let segment = heard.segment.or(before.and_then(|entry| entry.segment));
        let standing = Standing::after(before.map(|entry| entry.standing), step);
        self.put(&mut shard, &Heard { segment, ..heard }, standing);
    }

    /// What is in the index was written to a file.
    pub(super) fn written(&self, heard: Heard) {
        if let Some(entry) = self.shard(&heard.name).get_mut(&heard.name) {
            entry.segment = heard.segment;
        }
    }

    /// Whatever ran runs no more.
    pub(super) fn end_all(&self) {
        for shard in &self.shards {
            for entry in lock(shard).values_mut() {
                entry.standing = entry.standing.after_crash();
            }
        }
    }

    /// Forgets what was last written to a file. Gives those that still run: they are to be written anew.
    pub(super) fn forget_segment(&self, segment: u32) -> Vec<Heard> {
        let mut running = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            let before = shard.len();
            shard.retain(|name, entry| {
                let is_there = entry.segment == Some(segment);
                if is_there && !entry.standing.has_ended() {
                    let Entry { request, at, .. } = *entry;
                    running.push(Heard { name: *name, request, at, segment: None });
                    return true;
                }
                !is_there
            });
            self.keys.fetch_sub((before - shard.len()) as u64, Ordering::Relaxed);
        }
        running
    }

    fn put(
        &self,
        shard: &mut HashMap<KeyName, Entry>,
        heard: &Heard,
        standing: Option<Standing<AnswerPlace>>,
    ) {
        let Heard { name, request, at, segment } = *heard;
        match standing {
            Some(standing) => {
                if shard.insert(name, Entry { request, at, standing, segment }).is_none() {
                    self.keys.fetch_add(1, Ordering::Relaxed);
                }
            }
            None => {
                if shard.remove(&name).is_some() {
                    self.keys.fetch_sub(1, Ordering::Relaxed);
                }
            }
        }
    }

    fn shard(&self, name: &KeyName) -> MutexGuard<'_, HashMap<KeyName, Entry>> {
        lock(&self.shards[usize::from(name.0[0]) % SHARDS])
    }
}

fn lock(shard: &Mutex<HashMap<KeyName, Entry>>) -> MutexGuard<'_, HashMap<KeyName, Entry>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use domain::{Repeat, RequestDigest, Step, Timestamp};

    use super::super::digests::KeyName;
    use super::super::segments::AnswerPlace;
    use super::{Heard, Index};

    const PLACE: AnswerPlace = AnswerPlace { segment: 3, offset: 7, sealed_bytes: 9 };
    const LONG_AGO: Timestamp = Timestamp(i64::MIN);

    fn heard(name: u8, at: i64, segment: Option<u32>) -> Heard {
        Heard { name: KeyName([name; 32]), request: RequestDigest([1; 32]), at: Timestamp(at), segment }
    }

    #[test]
    fn one_of_many_twins_runs() {
        let index = Index::new();
        let claims = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| index.claim(heard(1, 5, None), LONG_AGO))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(claims.iter().filter(|claim| **claim == Repeat::Anew).count(), 1);
        assert_eq!(claims.iter().filter(|claim| **claim == Repeat::InUse).count(), 7);
        index.step(heard(1, 6, Some(3)), Step::Kept(PLACE));
        assert_eq!(index.claim(heard(1, 7, None), LONG_AGO), Repeat::Replay(PLACE));
        let other = Heard { request: RequestDigest([2; 32]), ..heard(1, 7, None) };
        assert_eq!(index.claim(other, LONG_AGO), Repeat::Reused);
        assert_eq!(index.keys(), 1);
    }

    #[test]
    fn what_ended_is_forgotten_by_age_and_what_runs_is_not() {
        let index = Index::new();
        index.step(heard(1, 5, Some(1)), Step::Begun);
        index.step(heard(2, 5, Some(1)), Step::Lost);
        let claim = |name, since| index.claim(heard(name, 99, None), Timestamp(since));
        assert_eq!((claim(1, 5), claim(2, 4)), (Repeat::InUse, Repeat::Unknown));
        assert_eq!(claim(2, 5), Repeat::Anew);
        assert_eq!(index.keys(), 2);
    }

    #[test]
    fn a_file_takes_what_ended_along_and_leaves_what_runs() {
        let index = Index::new();
        index.step(heard(1, 5, Some(1)), Step::Begun);
        index.step(heard(2, 5, Some(1)), Step::Begun);
        index.step(heard(2, 6, Some(2)), Step::Kept(PLACE));
        index.step(heard(3, 5, Some(1)), Step::TooLarge);
        index.step(heard(4, 5, None), Step::Begun);
        let running: Vec<_> = index.forget_segment(1).iter().map(|heard| heard.name).collect();
        assert_eq!((running, index.keys()), (vec![KeyName([1; 32])], 3));
        index.step(heard(4, 6, None), Step::Freed);
        index.end_all();
        assert_eq!(index.claim(heard(1, 9, None), LONG_AGO), Repeat::Unknown);
        assert_eq!(index.claim(heard(2, 9, None), LONG_AGO), Repeat::Replay(PLACE));
        assert_eq!(index.keys(), 2);
    }
}
