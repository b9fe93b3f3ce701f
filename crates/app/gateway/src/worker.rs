//! What the tasks of one worker share: its connections out, its counters, its part of the log. It never leaves its thread.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::{CallId, CallIds, Timestamp};
use observe::{Level, LogBuffer, RequestLine, Shard};
use routing::Rng;
use tokio_util::task::TaskTracker;
use upstream::{Client, SendFailure};

use crate::drain::Drain;
use crate::gateway::Gateway;
use crate::rows::{RowBuffer, RowFacts, row};

/// One worker's own things.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) client: Client,
    pub(crate) shard: Arc<Shard>,
    pub(crate) drain: Drain,
    /// Its place among the workers.
    pub(crate) index: usize,
    log: RefCell<LogBuffer>,
    rows: Option<RefCell<RowBuffer>>,
    ids: RefCell<CallIds>,
    pub(crate) rng: RefCell<Rng>,
    tasks: TaskTracker,
    idle_told: RefCell<Vec<(u16, u64)>>,
    has_news: Cell<bool>,
}

impl Worker {
    pub(crate) fn new(gateway: Arc<Gateway>, index: usize) -> Rc<Self> {
        let rng = Rng::new(seed(&gateway, index));
        Self::with(gateway, index, Client::default(), rng)
    }

    /// One whose ways out and whose chance are given.
    pub(crate) fn with(gateway: Arc<Gateway>, index: usize, client: Client, rng: Rng) -> Rc<Self> {
        Rc::new(Self {
            client,
            shard: gateway.metrics.shard(index),
            drain: Drain::default(),
            index,
            log: RefCell::new(gateway.log.buffer()),
            rows: row_buffer(&gateway).map(RefCell::new),
            ids: RefCell::new(CallIds::new(gateway.node, gateway.epoch, index as u8)),
            rng: RefCell::new(rng),
            tasks: TaskTracker::new(),
            idle_told: RefCell::default(),
            has_news: Cell::new(false),
            gateway,
        })
    }

    /// Spawns a task on this thread; stopping waits for connections, which are such tasks.
    #[expect(clippy::disallowed_methods, reason = "this is the tracked spawner")]
    pub(crate) fn spawn<F: Future<Output = ()> + 'static>(&self, future: F) -> tokio::task::JoinHandle<()> {
        tokio::task::spawn_local(self.tasks.track_future(future))
    }

    pub(crate) fn next_call_id(&self, now: Timestamp) -> CallId {
        self.ids.borrow_mut().next(now)
    }

    pub(crate) fn connections_open(&self) -> usize {
        self.gateway.connections[self.index].load(Ordering::Relaxed)
    }

    /// Writes one line into this worker's part of the log.
    pub(crate) fn write_line(&self, line: &RequestLine<'_>) {
        self.log.borrow_mut().line(line);
        self.has_news.set(true);
    }

    /// Writes one row, if rows are kept.
    pub(crate) fn write_row<'c>(&self, line: &RequestLine<'c>, facts: impl FnOnce() -> Option<RowFacts<'c>>) {
        let Some(rows) = &self.rows else { return };
        let mut rows = rows.borrow_mut();
        if rows.is_on()
            && let Some(facts) = facts()
        {
            rows.push(&row(line, &facts));
        }
    }

    /// Tells the operator what a caller is not told: hosts, addresses, the system's words.
    pub(crate) fn note_send_failure(&self, provider: &str, failure: &SendFailure) {
        self.gateway.log.event(
            Level::Warn,
            "a provider could not be asked",
            &[("provider", &provider), ("reason", failure)],
        );
    }

    /// From 0 to 1.
    pub(crate) fn chance(&self) -> f32 {
        self.rng.borrow_mut().fraction() as f32
    }

    /// Whether there are lines or counts that nobody else has seen.
    pub(crate) fn has_news(&self) -> bool {
        self.has_news.replace(false)
    }

    /// Gives lines and counts away.
    pub(crate) fn hand_over(&self) {
        self.log.borrow_mut().flush();
        if let Some(rows) = &self.rows {
            rows.borrow_mut().flush();
        }
        self.publish_counts();
    }

    /// Moves the pool's counts into the metrics.
    pub(crate) fn publish_counts(&self) {
        let mut idle_told = self.idle_told.borrow_mut();
        let mut place = 0;
        self.client.take_counts(|provider, counts| {
            (0..counts.opened).for_each(|_| self.shard.upstream_opened(provider));
            (0..counts.reused).for_each(|_| self.shard.upstream_reused(provider));
            (0..counts.warmed).for_each(|_| self.shard.upstream_warmed(provider));
            (0..counts.closed).for_each(|_| self.shard.upstream_closed(provider));
            if place == idle_told.len() {
                idle_told.push((provider, 0));
            }
            let (told_provider, told) = &mut idle_told[place];
            if *told_provider != provider {
                self.shard.upstream_idle(*told_provider, -(*told as i64));
                (*told_provider, *told) = (provider, 0);
            }
            self.shard.upstream_idle(provider, counts.idle as i64 - *told as i64);
            *told = counts.idle;
            place += 1;
        });
    }
}

fn row_buffer(gateway: &Gateway) -> Option<RowBuffer> {
    let inlet = gateway.rows.clone()?;
    Some(RowBuffer::new(inlet, gateway.metrics.rows().clone()))
}

/// Another one for each start and each worker: gateways that start together need not choose alike.
fn seed(gateway: &Gateway, index: usize) -> u64 {
    let start = gateway.started_at_ms() as u64;
    start << 24 ^ u64::from(gateway.epoch) << 16 ^ u64::from(gateway.node) << 8 ^ index as u64
}
