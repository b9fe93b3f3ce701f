//! Those who wait at one limit, shared by all threads. Its lock is its own and held for looking whose turn it is only.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::bell::Bell;
use super::entry::Entry;
use super::order::Order;
use crate::tick::Tick;

/// Those who wait.
#[derive(Debug, Default)]
pub struct Line {
    waiting: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    order: Order,
    bells: HashMap<u64, Arc<Bell>>,
}

impl Line {
    /// How many wait: one look, without the lock.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// How much of the limit goes to those before one more.
    pub fn ahead(&self, entry: &Entry) -> u64 {
        if self.waiting() == 0 { 0 } else { self.state().order.ahead(entry) }
    }

    /// Calls whoever has the turn to look whether he can go.
    pub fn call_first(&self, now: Tick) {
        if self.waiting() > 0 {
            self.state().call_first(now);
        }
    }

    pub(super) fn enter(&self, entry: Entry, bell: &Arc<Bell>, max: usize, now: Tick) -> Option<u64> {
        let mut state = self.state();
        let (ticket, evicted) = state.order.enter(entry, max, now)?;
        state.bells.insert(ticket, Arc::clone(bell));
        if let Some(evicted) = evicted.and_then(|evicted| state.bells.remove(&evicted)) {
            evicted.ring();
        }
        self.waiting.store(state.order.len(), Ordering::SeqCst);
        Some(ticket)
    }

    /// Whether it is this one's turn; nothing if he was sent away.
    pub(super) fn is_first(&self, ticket: u64, now: Tick) -> Option<bool> {
        let state = self.state();
        if !state.bells.contains_key(&ticket) {
            return None;
        }
        Some(state.order.first(now) == Some(ticket))
    }

    pub(super) fn spares(&self, entry: &Entry) -> bool {
        self.state().order.spares(entry)
    }

    pub(super) fn leave(&self, ticket: u64, entry: Entry, had_turn: bool, now: Tick) {
        let mut state = self.state();
        state.bells.remove(&ticket);
        state.order.leave(ticket, entry, had_turn, now);
        self.waiting.store(state.order.len(), Ordering::SeqCst);
        state.call_first(now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole: whoever panicked beside one has left it sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn call_first(&mut self, now: Tick) {
        if let Some(bell) = self.order.first(now).and_then(|ticket| self.bells.get(&ticket)) {
            bell.ring();
        }
    }
}
