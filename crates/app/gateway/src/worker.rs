//! A worker: one thread, one runtime, its own connections and counters. Connections stay where they were accepted or dealt.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use domain::{CallId, CallIds, Timestamp};
use observe::{Level, LogBuffer, RequestLine, Shard};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use upstream::{Client, SendFailure};

use crate::connection;
use crate::drain::{Drain, DrainStage};
use crate::gateway::Gateway;
use crate::listener::{BoundListener, TlsSlot};

/// Log lines and connection counts are handed over this often.
const TICK: Duration = Duration::from_millis(50);
/// Idle connections to providers are looked at every so many ticks.
const TICKS_PER_SWEEP: u32 = 40;
/// Connections on their way from the acceptor to a worker.
const DEALT_CONNECTIONS_MAX: usize = 1024;
/// After an error such as a full descriptor table, accepting rests this long.
const ACCEPT_REST: Duration = Duration::from_millis(20);
/// How long callers may still use an idle connection before it is closed: they learn from the next answer.
const ANNOUNCING: Duration = Duration::from_secs(1);

/// What a worker's tasks share. It never leaves its thread.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) client: Client,
    pub(crate) shard: Arc<Shard>,
    pub(crate) drain: Drain,
    index: usize,
    log: RefCell<LogBuffer>,
    ids: RefCell<CallIds>,
    tasks: TaskTracker,
    idle_told: RefCell<Vec<(u16, u64)>>,
    is_tick_due: Cell<bool>,
}

/// A connection that was accepted.
struct Accepted {
    tcp: std::net::TcpStream,
    caller: SocketAddr,
    tls: Option<Arc<TlsSlot>>,
}

/// The running workers.
#[derive(Debug)]
pub struct Workers {
    threads: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    gateway: Arc<Gateway>,
}

impl Workers {
    /// Stops accepting, lets everything open end within `limit`, and waits for the threads. Blocks.
    pub fn stop(self) {
        self.gateway.begin_drain();
        self.stop.cancel();
        for thread in self.threads {
            // A worker that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

/// Starts one worker for each counter shard. With one worker it accepts itself; with more, an acceptor deals each
/// connection to the worker that has the fewest.
pub fn start_workers(gateway: &Arc<Gateway>, listeners: Vec<BoundListener>) -> io::Result<Workers> {
    let stop = CancellationToken::new();
    let count = gateway.connections.len();
    let mut threads = Vec::with_capacity(count + 1);
    if count == 1 {
        threads.push(spawn_worker(gateway, 0, Inlet::Listeners(listeners), &stop)?);
    } else {
        let mut outlets = Vec::with_capacity(count);
        for index in 0..count {
            let (outlet, inlet) = mpsc::channel(DEALT_CONNECTIONS_MAX);
            outlets.push(outlet);
            threads.push(spawn_worker(gateway, index, Inlet::Dealt(inlet), &stop)?);
        }
        let (acceptor_gateway, acceptor_stop) = (gateway.clone(), stop.clone());
        let deal = move || {
            run_local(
                async move { accept_and_deal(&acceptor_gateway, listeners, outlets, &acceptor_stop).await },
            )
        };
        threads.push(thread::Builder::new().name("acceptor".to_owned()).spawn(deal)?);
    }
    Ok(Workers { threads, stop, gateway: gateway.clone() })
}

enum Inlet {
    Listeners(Vec<BoundListener>),
    Dealt(mpsc::Receiver<Accepted>),
}

fn spawn_worker(
    gateway: &Arc<Gateway>,
    index: usize,
    inlet: Inlet,
    stop: &CancellationToken,
) -> io::Result<JoinHandle<()>> {
    let (gateway, stop) = (gateway.clone(), stop.clone());
    thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
        run_local(async move {
            let worker = Worker::new(gateway, index);
            worker.run(inlet, stop).await;
        })
    })
}

fn run_local(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default());
    runtime.expect("a runtime needs a few descriptors, and none are open yet").block_on(future);
}

impl Worker {
    fn new(gateway: Arc<Gateway>, index: usize) -> Rc<Self> {
        Rc::new(Self {
            client: Client::default(),
            shard: gateway.metrics.shard(index),
            drain: Drain::default(),
            index,
            log: RefCell::new(gateway.log.buffer()),
            ids: RefCell::new(CallIds::new(gateway.node, gateway.epoch, index as u8)),
            tasks: TaskTracker::new(),
            idle_told: RefCell::default(),
            is_tick_due: Cell::new(false),
            gateway,
        })
    }

    async fn run(self: Rc<Self>, inlet: Inlet, stop: CancellationToken) {
        let ticking = CancellationToken::new();
        let ticker = self.spawn({
            let (worker, ticking) = (self.clone(), ticking.clone());
            async move { ticking.run_until_cancelled_owned(worker.tick()).await.unwrap_or_default() }
        });
        match inlet {
            Inlet::Listeners(listeners) => {
                accept(&self.gateway, listeners, &stop, |accepted| self.take(accepted)).await
            }
            Inlet::Dealt(mut dealt) => {
                // The acceptor ends this by dropping its end.
                while let Some(accepted) = dealt.recv().await {
                    self.take(accepted);
                }
            }
        }
        self.leave().await;
        ticking.cancel();
        let _ = ticker.await;
        self.hand_over();
    }

    /// Everything that is open ends, or the time for it does.
    async fn leave(&self) {
        let until = Instant::now() + self.gateway.serving.load().timeouts.drain;
        self.drain.advance(DrainStage::Announcing);
        let announced = (Instant::now() + ANNOUNCING).min(until);
        while self.connections_open() > 0 && Instant::now() < announced {
            sleep(TICK / 5).await;
        }
        self.drain.advance(DrainStage::Closing);
        while self.connections_open() > 0 {
            if Instant::now() >= until {
                let left = self.connections_open();
                self.gateway.log.event(
                    Level::Warn,
                    "stopping with connections still open",
                    &[("connections", &left)],
                );
                return;
            }
            sleep(TICK / 5).await;
        }
    }

    /// Begins to serve a connection.
    fn take(self: &Rc<Self>, accepted: Accepted) {
        let Ok(tcp) = TcpStream::from_std(accepted.tcp) else { return };
        let open = OpenConnection::new(self.clone());
        let worker = self.clone();
        self.spawn(async move {
            connection::serve(worker, tcp, accepted.caller.ip(), accepted.tls).await;
            drop(open);
        });
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
        self.is_tick_due.set(true);
    }

    /// Tells the operator what a caller is not told: hosts, addresses, the system's words.
    pub(crate) fn note_send_failure(&self, provider: &str, failure: &SendFailure) {
        self.gateway.log.event(
            Level::Warn,
            "a provider could not be asked",
            &[("provider", &provider), ("reason", failure)],
        );
    }

    async fn tick(self: Rc<Self>) {
        let mut ticks = 0_u32;
        loop {
            sleep_until(Instant::now() + TICK).await;
            ticks = ticks.wrapping_add(1);
            if self.is_tick_due.replace(false) {
                self.hand_over();
            }
            if ticks.is_multiple_of(TICKS_PER_SWEEP) {
                self.client.sweep();
                self.publish_counts();
            }
        }
    }

    fn hand_over(&self) {
        self.log.borrow_mut().flush();
        self.publish_counts();
    }

    /// Moves the pool's counts into the metrics.
    pub(crate) fn publish_counts(&self) {
        let mut idle_told = self.idle_told.borrow_mut();
        let mut place = 0;
        self.client.take_counts(|provider, counts| {
            (0..counts.opened).for_each(|_| self.shard.upstream_opened(provider));
            (0..counts.reused).for_each(|_| self.shard.upstream_reused(provider));
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

/// Counts a connection for as long as it is open.
struct OpenConnection(Rc<Worker>);

impl OpenConnection {
    fn new(worker: Rc<Worker>) -> Self {
        worker.gateway.connections[worker.index].fetch_add(1, Ordering::Relaxed);
        worker.shard.caller_connected();
        Self(worker)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.gateway.connections[self.0.index].fetch_sub(1, Ordering::Relaxed);
        self.0.shard.caller_disconnected();
    }
}

/// The acceptor of several workers.
async fn accept_and_deal(
    gateway: &Gateway,
    listeners: Vec<BoundListener>,
    outlets: Vec<mpsc::Sender<Accepted>>,
    stop: &CancellationToken,
) {
    // Connections dealt a moment ago are not yet counted by their worker.
    let dealt: Vec<Cell<usize>> = outlets.iter().map(|_| Cell::new(0)).collect();
    accept(gateway, listeners, stop, |accepted| {
        let load = |index: usize| {
            let waiting = outlets[index].max_capacity() - outlets[index].capacity();
            (gateway.connections[index].load(Ordering::Relaxed) + waiting, dealt[index].get())
        };
        let Some(index) = (0..outlets.len()).min_by_key(|index| load(*index)) else { return };
        dealt[index].set(dealt[index].get().wrapping_add(1));
        // A worker with a thousand connections waiting to be looked at is stuck: closing this one is the honest answer.
        let _ = outlets[index].try_send(accepted);
    })
    .await;
}

/// Accepts until told to stop, and then what is still queued.
async fn accept(
    gateway: &Gateway,
    listeners: Vec<BoundListener>,
    stop: &CancellationToken,
    take: impl Fn(Accepted),
) {
    let mut sources = Vec::with_capacity(listeners.len());
    for bound in listeners {
        match TcpListener::from_std(bound.listener) {
            Ok(listener) => sources.push((listener, bound.tls)),
            Err(error) => gateway.log.event(Level::Error, "a listener cannot be used", &[("error", &error)]),
        }
    }
    let connections_max = gateway.serving.load().limits.connections_max;
    let admit = |accepted: io::Result<(TcpStream, SocketAddr)>,
                 tls: &Option<Arc<TlsSlot>>|
     -> Result<(), io::Error> {
        let (tcp, caller) = accepted?;
        if gateway.connections_open() < connections_max {
            take(Accepted { tcp: tcp.into_std()?, caller, tls: tls.clone() });
        }
        Ok(())
    };
    loop {
        let next = std::future::poll_fn(|cx| {
            for (listener, tls) in &sources {
                if let std::task::Poll::Ready(accepted) = listener.poll_accept(cx) {
                    return std::task::Poll::Ready((accepted, tls));
                }
            }
            std::task::Poll::Pending
        });
        let Some((accepted, tls)) = stop.run_until_cancelled(next).await else { break };
        if admit(accepted, tls).is_err() {
            sleep(ACCEPT_REST).await;
        }
    }
    // What the system has queued was accepted as far as its caller can tell.
    for (listener, tls) in &sources {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while let std::task::Poll::Ready(accepted) = listener.poll_accept(&mut context) {
            if admit(accepted, tls).is_err() {
                break;
            }
        }
    }
}
