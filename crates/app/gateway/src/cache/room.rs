//! The kept answers of all workers, in as much memory as is configured: what is used least goes first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};
use domain::Timestamp;
use moka::Expiry;
use moka::sync::Cache;

use super::answer::CachedAnswer;
use super::epochs::{Epochs, FlushScope};
use super::flights::{Flights, Seat};
use super::name::AnswerName;
use super::served::ServedCache;
use super::tally::Tally;

/// The kept answers, what was flushed of them, and who is asking for further ones.
#[derive(Debug, Default)]
pub(crate) struct AnswerCache {
    /// Nothing while nobody's answers are kept.
    room: ArcSwapOption<Room>,
    epochs: ArcSwap<Epochs>,
    flights: Arc<Flights>,
    pub(crate) tally: Tally,
}

#[derive(Debug)]
struct Room {
    answers: Cache<AnswerName, Arc<CachedAnswer>>,
    bytes_max: u64,
    /// Of the settings that its answers were made by.
    revision: u64,
}

/// Each answer is kept as long as its model says.
struct UntilTooOld;

impl Expiry<AnswerName, Arc<CachedAnswer>> for UntilTooOld {
    fn expire_after_create(
        &self,
        _: &AnswerName,
        answer: &Arc<CachedAnswer>,
        _: Instant,
    ) -> Option<Duration> {
        Some(answer.ttl)
    }

    fn expire_after_update(
        &self,
        _: &AnswerName,
        answer: &Arc<CachedAnswer>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(answer.ttl)
    }
}

impl Room {
    fn new(served: &ServedCache) -> Self {
        let bytes_max = served.settings.bytes_max;
        let answers = Cache::builder()
            .max_capacity(bytes_max)
            .weigher(|_, answer: &Arc<CachedAnswer>| u32::try_from(answer.bytes()).unwrap_or(u32::MAX))
            .expire_after(UntilTooOld)
            .build();
        Self { answers, bytes_max, revision: served.revision }
    }
}

impl AnswerCache {
    /// Heeds the configuration from now on. Answers of other providers or models than are configured now are dropped.
    pub(crate) fn heed(&self, served: &ServedCache) {
        if !served.is_used {
            self.room.store(None);
            return;
        }
        let room = self.room.load();
        let is_like = room.as_ref().is_some_and(|room| {
            room.bytes_max == served.settings.bytes_max && room.revision == served.revision
        });
        if !is_like {
            self.room.store(Some(Arc::new(Room::new(served))));
        }
    }

    /// How often a model's answers for a project were flushed.
    pub(crate) fn epoch(&self, model: &str, project: &str) -> u64 {
        self.epochs.load().of(model, project)
    }

    /// The answer of that name that is no older than both say.
    pub(crate) fn find(
        &self,
        name: &AnswerName,
        now: Timestamp,
        (ttl, age_max): (Duration, Option<Duration>),
    ) -> Option<Arc<CachedAnswer>> {
        let found = self.room.load().as_ref()?.answers.get(name)?;
        let age = found.age(now);
        // A shorter time holds from the reload on.
        (age < ttl && age_max.is_none_or(|most| age <= most)).then_some(found)
    }

    /// Keeps an answer, in place of an older one.
    pub(crate) fn keep(&self, name: AnswerName, answer: CachedAnswer) {
        if let Some(room) = &*self.room.load() {
            room.answers.insert(name, Arc::new(answer));
            self.tally.count_stored();
        }
    }

    /// A place among those who ask for an answer.
    pub(crate) fn seat(&self, name: AnswerName) -> Seat {
        self.flights.seat(name)
    }

    /// Drops answers, also those that are being made; gives how many there were and their bytes.
    pub(crate) fn flush(&self, scope: &FlushScope) -> (u64, u64) {
        self.epochs.rcu(|epochs| epochs.after(scope));
        let room = self.room.load();
        let Some(room) = &*room else { return (0, 0) };
        let (mut count, mut bytes) = (0, 0);
        for (name, answer) in &room.answers {
            if scope.holds(&answer.model, &answer.project) {
                room.answers.invalidate(&*name);
                count += 1;
                bytes += answer.bytes() as u64;
            }
        }
        room.answers.run_pending_tasks();
        (count, bytes)
    }

    /// How many there are, their bytes, and how many these may become.
    pub(super) fn sizes(&self) -> (u64, u64, u64) {
        let room = self.room.load();
        let Some(room) = &*room else { return (0, 0, 0) };
        room.answers.run_pending_tasks();
        (room.answers.entry_count(), room.answers.weighted_size(), room.bytes_max)
    }
}
