//! Who has all limits, as the store and the configuration say them, and counts by them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use config::Rates;
use limits::queue::Room;
use limits::rate::{Counters, InMemory};
use store::LimitRows;

use super::end_users::EndUsers;
use super::table::LimitTable;
use crate::serving::Serving;

/// All limits, shared by all workers.
pub(crate) struct LimitKeeper {
    pub(super) table: ArcSwap<LimitTable>,
    pub(super) counters: Box<dyn Counters>,
    pub(super) end_users: EndUsers,
    /// Whether limits were left out for there are too many.
    has_left_out: AtomicBool,
    /// Those who wait, at whichever limit.
    pub(super) room: Arc<Room>,
    /// What the present table was made of.
    said: Mutex<Said>,
}

struct Said {
    generation: u64,
    rows: Arc<LimitRows>,
    rates: Rates,
    /// Providers, and how many credentials each has.
    credentials: Vec<(String, usize)>,
}

impl LimitKeeper {
    pub(crate) fn new(serving: &Serving) -> Self {
        let rates = serving.limits.rates.clone();
        let said = Said { generation: 0, rows: Arc::default(), rates, credentials: Vec::new() };
        let keeper = Self {
            table: ArcSwap::default(),
            counters: Box::new(InMemory),
            end_users: EndUsers::default(),
            has_left_out: AtomicBool::new(false),
            room: Arc::default(),
            said: Mutex::new(said),
        };
        keeper.heed(serving);
        keeper
    }

    /// How many wait their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.room.waiting()
    }

    /// The configuration says this from now on.
    pub(crate) fn heed(&self, serving: &Serving) {
        let rates = &serving.limits.rates;
        self.change(|said| {
            said.rates = rates.clone();
            let providers = serving.providers.iter();
            let credentials = providers.map(|it| (it.id().to_owned(), it.lines.len() / it.line_count()));
            said.credentials = credentials.collect();
        });
        if rates.end_users.is_none() {
            // Behind the change: nobody asks for them any more.
            self.end_users.forget();
        }
    }

    /// The store says this from now on.
    pub(crate) fn set(&self, rows: Arc<LimitRows>) {
        self.change(|said| said.rows = rows);
    }

    /// Whether it is for the first time that limits are left out: it is told once.
    pub(super) fn is_first_left_out(&self) -> bool {
        !self.has_left_out.swap(true, Ordering::Relaxed)
    }

    fn change(&self, change: impl FnOnce(&mut Said)) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut said);
        said.generation += 1;
        let next =
            LimitTable::of(said.generation, &said.rows, (&said.rates, &said.credentials), &self.table.load());
        self.table.store(Arc::new(next));
    }
}

impl std::fmt::Debug for LimitKeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LimitKeeper").finish_non_exhaustive()
    }
}
