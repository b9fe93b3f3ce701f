//! Those who wait at one gate, in the order of their tickets, and how fast they have been going in.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use crate::moment::Moment;

/// What one going in says beside those before him.
const NEW_PART: f64 = 0.2;
/// So long it is worth anything to know how fast it went.
const PACE_KEPT: Duration = Duration::from_secs(10);

/// What calls somebody who waits; he may stand at several gates, and is called by one.
#[derive(Debug, Default)]
pub(super) struct Bell {
    was_called: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Bell {
    /// Whether it was rung since the last look.
    pub(super) fn take_call(&self) -> bool {
        self.was_called.swap(false, Ordering::SeqCst)
    }

    pub(super) fn was_called(&self) -> bool {
        self.was_called.load(Ordering::SeqCst)
    }

    pub(super) fn wakes(&self, waker: &Waker) {
        let mut kept = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|kept| !kept.will_wake(waker)) {
            *kept = Some(waker.clone());
        }
    }

    /// False if he was called already.
    fn ring(&self) -> bool {
        if self.was_called.swap(true, Ordering::SeqCst) {
            return false;
        }
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
        true
    }
}

/// Those who wait at one gate.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By ticket, the lowest first; whoever was called is not among them.
    places: VecDeque<(u64, Arc<Bell>)>,
    /// When the last one went in, or the first one came.
    moved: Option<Moment>,
    /// Microseconds from one going in to the next, and when that was learnt.
    pace: Option<(f64, Moment)>,
}

impl Queue {
    pub(super) fn call_next(&self) {
        let mut state = self.state();
        while let Some((_, bell)) = state.places.pop_front() {
            if bell.ring() {
                return;
            }
        }
    }

    /// Takes the place of this ticket, unless he stands there.
    pub(super) fn insert(&self, ticket: u64, bell: &Arc<Bell>, now: Moment) {
        let mut state = self.state();
        state.moved.get_or_insert(now);
        if let Err(place) = state.places.binary_search_by_key(&ticket, |(ticket, _)| *ticket) {
            state.places.insert(place, (ticket, bell.clone()));
        }
    }

    pub(super) fn remove(&self, ticket: u64, went_in: Option<Moment>, is_last: bool) {
        let mut state = self.state();
        if let Ok(place) = state.places.binary_search_by_key(&ticket, |(ticket, _)| *ticket) {
            state.places.remove(place);
        }
        if let Some(now) = went_in {
            let took = state.moved.map_or(Duration::ZERO, |moved| now.since(moved)).as_micros() as f64;
            let known = state.pace.filter(|(_, learnt)| now.since(*learnt) <= PACE_KEPT);
            let pace = known.map_or(took, |(pace, _)| pace + (took - pace) * NEW_PART);
            (state.pace, state.moved) = (Some((pace, now)), Some(now));
        }
        if is_last {
            state.moved = None;
        }
    }

    /// Whether nobody stands before this one, and of all the `waiting` nobody was called who has not come yet.
    pub(super) fn is_first(&self, ticket: u64, waiting: u32) -> bool {
        let state = self.state();
        let is_front = state.places.front().is_some_and(|(first, _)| *first == ticket);
        is_front && state.places.len() >= waiting as usize
    }

    pub(super) fn outlook(&self, ticket: u64, now: Moment) -> Duration {
        let state = self.state();
        let before = state.places.partition_point(|(other, _)| *other < ticket) as f64;
        let known = state.pace.filter(|(_, learnt)| now.since(*learnt) <= PACE_KEPT).map(|(pace, _)| pace);
        // Where nobody goes in, each further moment says that it is slower than was thought.
        let standing = state.moved.map_or(Duration::ZERO, |moved| now.since(moved));
        let pace = known.unwrap_or_default().max(standing.as_micros() as f64);
        Duration::from_micros((pace * (before + 1.0)) as u64)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
