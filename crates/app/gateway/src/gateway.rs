//! What all workers share. Immutable parts behind swapped pointers, counters, bounded queues: nothing here is waited for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use config::Reports;
use domain::{Failure, Timestamp};
use ledger::prices::Book;
use limits::Tick;
use observe::{Log, Metrics};
use routing::Moment;
use serde_json::Value;
use store::{AnswerShelf, Budgets, KeyDirectory, KeyHasher, LimitRows, Payers, ProviderSwitch, SwitchScope};
use tokio::time::Instant;

use crate::body_budget::BodyBudget;
use crate::cache::{AnswerCache, FlushScope};
use crate::clock::wall_clock;
use crate::control::ControlSender;
use crate::explain;
use crate::limiting::LimitKeeper;
use crate::overload::Admission;
use crate::repeats::Repeats;
use crate::rows::RowInlet;
use crate::serving::{ServedProvider, Serving};
use crate::spool::Spool;
use crate::status::Status;
use crate::stored_responses::StoredResponses;
use crate::switches;
use crate::uncharged::Uncharged;

/// What a gateway is made of.
#[derive(Debug)]
pub struct GatewayParts {
    /// The first settings.
    pub serving: Serving,
    /// Who may call.
    pub keys: Arc<KeyDirectory>,
    /// Turns a key into what it is looked up by.
    pub hasher: KeyHasher,
    /// Counters, one shard for each worker.
    pub metrics: Arc<Metrics>,
    /// Where request lines go.
    pub log: Log,
    /// How many workers there will be.
    pub workers: usize,
    /// Which start of this data directory it is.
    pub epoch: u16,
    /// Tells nodes apart that share a database.
    pub node: u16,
    /// Where control paths are answered; `None` when they have an address of their own.
    pub control: Option<ControlSender>,
    /// Where callers' questions about their own money are answered; `None` where nobody knows of money.
    pub caller_desk: Option<ControlSender>,
    /// Where bodies lie.
    pub body_room: BodyRoom,
    /// How many descriptors may be open, if there is a limit.
    pub descriptors_max: Option<u64>,
    /// What operators have taken out; in force before the first call.
    pub switches: Vec<ProviderSwitch>,
    /// Where answers are kept for repeats; without it a request with an idempotency key is refused.
    pub answers: Option<AnswerShelf>,
    /// Where a row of every call goes; `None` where none is kept.
    pub rows: Option<RowInlet>,
}

/// Where the bodies of requests lie, and how much of it they may take.
#[derive(Debug)]
pub struct BodyRoom {
    /// Bytes in memory, if configured.
    pub memory_bytes_max: Option<usize>,
    /// Where uploads lie that do not fit into it.
    pub spool_dir: PathBuf,
    /// Bytes of all uploads there.
    pub spool_bytes_max: usize,
}

/// The gateway, shared by its workers and the control plane.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) serving: ArcSwap<Serving>,
    pub(crate) keys: Arc<KeyDirectory>,
    pub(crate) hasher: KeyHasher,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) log: Log,
    pub(crate) rows: Option<RowInlet>,
    /// Who pays for whose calls.
    pub(crate) payers: ArcSwap<Payers>,
    /// What may be spent by whom.
    pub(crate) budgets: ArcSwap<Budgets>,
    /// How fast and how much at once, by whom.
    pub(crate) limits: LimitKeeper,
    /// Charges that could not be recorded yet.
    pub(crate) uncharged: Uncharged,
    /// What calls cost.
    pub(crate) prices: ArcSwap<Book>,
    pub(crate) bodies: Arc<BodyBudget>,
    pub(crate) admission: Admission,
    pub(crate) spool: Spool,
    pub(crate) stored_responses: StoredResponses,
    pub(crate) repeats: Repeats,
    /// Answers that are kept for whoever asks the same.
    pub(crate) cache: AnswerCache,
    pub(crate) control: Option<ControlSender>,
    pub(crate) caller_desk: Option<ControlSender>,
    pub(crate) started: Instant,
    started_at: Timestamp,
    pub(crate) epoch: u16,
    pub(crate) node: u16,
    /// Open connections of each worker.
    pub(crate) connections: Vec<AtomicUsize>,
    is_draining: AtomicBool,
    /// What operators have taken out, as the lines' health has it.
    switches: ArcSwap<Vec<ProviderSwitch>>,
    /// Held while settings or switches change: new settings begin with the switches as they are.
    reload_lock: Mutex<()>,
    /// What the control plane has found out, for health and metrics to show.
    pub(crate) status: Status,
}

impl Gateway {
    /// Puts a gateway together; it serves once its workers are started.
    pub fn new(parts: GatewayParts) -> Arc<Self> {
        let limits = LimitKeeper::new(&parts.serving);
        let gateway = Arc::new(Self {
            serving: ArcSwap::from_pointee(parts.serving),
            keys: parts.keys,
            hasher: parts.hasher,
            metrics: parts.metrics,
            log: parts.log,
            rows: parts.rows,
            payers: ArcSwap::from_pointee(Payers::default()),
            budgets: ArcSwap::from_pointee(Budgets::default()),
            limits,
            uncharged: Uncharged::default(),
            prices: ArcSwap::from_pointee(Book::empty()),
            admission: Admission::new(parts.descriptors_max),
            bodies: BodyBudget::new(parts.body_room.memory_bytes_max),
            stored_responses: StoredResponses::default(),
            repeats: Repeats::new(parts.answers),
            cache: AnswerCache::default(),
            spool: Spool::new(parts.body_room.spool_dir, parts.body_room.spool_bytes_max),
            control: parts.control,
            caller_desk: parts.caller_desk,
            started: Instant::now(),
            started_at: wall_clock(),
            epoch: parts.epoch,
            node: parts.node,
            connections: (0..parts.workers).map(|_| AtomicUsize::new(0)).collect(),
            is_draining: AtomicBool::new(false),
            switches: ArcSwap::from_pointee(parts.switches),
            reload_lock: Mutex::new(()),
            status: Status::default(),
        });
        gateway.name_providers(&gateway.serving.load());
        switches::put_in_force(&gateway.serving.load(), &gateway.switches.load());
        gateway.heed_requests(&gateway.serving.load());
        gateway
    }

    /// The present, on the clock that never goes back.
    pub fn moment(&self) -> Moment {
        self.moment_of(Instant::now())
    }

    /// A point in time on that clock.
    pub(crate) fn moment_of(&self, instant: Instant) -> Moment {
        Moment::after_start(instant.saturating_duration_since(self.started))
    }

    /// Replaces the settings. `make` gets the present ones; on its error nothing changes.
    pub fn reload(&self, make: impl FnOnce(&Serving) -> Result<Serving, String>) -> Result<(), String> {
        let _one_at_a_time = self.reload_lock.lock().unwrap_or_else(PoisonError::into_inner);
        let next = make(&self.serving.load())?;
        self.name_providers(&next);
        switches::put_in_force(&next, &self.switches.load());
        self.heed_requests(&next);
        self.limits.heed(&next);
        self.serving.store(Arc::new(next));
        Ok(())
    }

    /// Puts these switches in the place of all that were in force: no call begins an attempt against them when this returns.
    pub fn switch(&self, switches: &[ProviderSwitch]) {
        let _one_at_a_time = self.reload_lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.switches.store(Arc::new(switches.to_vec()));
        switches::put_in_force(&self.serving.load(), switches);
        // Of whom nothing is wanted any longer, nothing is told again.
        self.cache.flush(&FlushScope::default());
    }

    /// Drops kept answers; gives how many there were and their bytes.
    pub fn flush_cache(&self, scope: &FlushScope) -> (u64, u64) {
        self.cache.flush(scope)
    }

    /// What is kept for whoever asks the same, and what it saved, as the admin API shows it.
    pub fn cache_shown(&self) -> Value {
        self.cache.shown(self.serving.load().cache.is_used)
    }

    /// Puts a version of the prices in the place of the one in force: calls that end from now on are priced by it.
    pub fn set_prices(&self, book: Arc<Book>) {
        self.prices.store(book);
    }

    /// Puts other accounts in the place of those in force: calls that begin from now on are paid by them.
    pub fn set_payers(&self, payers: Arc<Payers>) {
        self.payers.store(payers);
    }

    /// Who pays for whose calls at present.
    pub fn payers(&self) -> Arc<Payers> {
        self.payers.load_full()
    }

    /// Puts other budgets in the place of those in force: calls that begin from now on count for them.
    pub fn set_budgets(&self, budgets: Arc<Budgets>) {
        self.budgets.store(budgets);
    }

    /// Puts other limits in the place of those in force: calls that begin from now on are limited by them.
    pub fn set_limits(&self, limits: Arc<LimitRows>) {
        self.limits.set(limits);
    }

    /// The present, for limits.
    pub(crate) fn tick(&self) -> Tick {
        Tick::after(self.started.elapsed())
    }

    /// Charges that could not be recorded when their calls ended.
    pub const fn uncharged(&self) -> &Uncharged {
        &self.uncharged
    }

    /// The prices in force.
    pub fn prices(&self) -> Arc<Book> {
        self.prices.load_full()
    }

    /// What operators have taken out.
    pub fn switches(&self) -> Arc<Vec<ProviderSwitch>> {
        self.switches.load_full()
    }

    /// Every provider and what of it is switched off, as the admin API shows it.
    pub fn providers_shown(&self) -> Value {
        self.serving.load().providers_shown(&self.switches.load())
    }

    /// What would become of a request that is described, as the admin API is asked; nobody is asked for it.
    pub fn explain(&self, question: Value) -> Result<Value, Box<Failure>> {
        let known = (&**self.serving.load(), &*self.keys, &*self.prices.load());
        explain::answer(known, self.moment(), question)
    }

    /// Attempts and answers under way at a provider, or in a part of it.
    pub fn running(&self, scope: &SwitchScope) -> u32 {
        switches::running(&self.serving.load(), scope)
    }

    /// What reports are made of, as configured.
    pub fn reports(&self) -> Reports {
        self.serving.load().reports.clone()
    }

    /// Of which kind each configured provider is.
    pub fn provider_kinds(&self) -> BTreeMap<String, String> {
        let serving = self.serving.load();
        let kind = |provider: &Arc<ServedProvider>| (provider.id().to_owned(), provider.kind.to_owned());
        serving.providers.iter().map(kind).collect()
    }

    /// What is kept of calls, as configured.
    fn heed_requests(&self, serving: &Serving) {
        self.repeats.heed(&serving.idempotency);
        self.cache.heed(&serving.cache);
        if let Some(rows) = &self.rows {
            rows.heed(&serving.requests, &serving.reports);
        }
    }

    /// Gives the metrics the providers' names, or one constant name.
    fn name_providers(&self, serving: &Serving) {
        for provider in &serving.providers {
            self.metrics.name_provider(provider.slot, serving.label_of(provider.id()).to_owned());
        }
    }

    /// What the control plane tells about itself.
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// The present settings.
    pub fn serving(&self) -> Arc<Serving> {
        self.serving.load_full()
    }

    /// Whether it still takes new work; readiness says so before connections are refused.
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    pub(crate) fn begin_drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn started_at_ms(&self) -> i64 {
        self.started_at.unix_ms()
    }

    pub(crate) fn started_at_seconds(&self) -> i64 {
        self.started_at.unix_seconds()
    }

    /// Callers' connections, over all workers.
    pub(crate) fn connections_open(&self) -> usize {
        self.connections.iter().map(|open| open.load(Ordering::Relaxed)).sum()
    }
}
