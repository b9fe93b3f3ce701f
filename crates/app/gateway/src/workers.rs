//! The worker threads: starting them, what each does from its first connection to its last, and stopping them.

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use observe::Level;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::accept::{Accepted, Inlet, accept, accept_and_deal, inlets};
use crate::connection;
use crate::drain::DrainStage;
use crate::gateway::Gateway;
use crate::listener::BoundListener;
use crate::warm_lines::WarmLines;
use crate::worker::Worker;

/// Log lines and connection counts are handed over this often.
const TICK: Duration = Duration::from_millis(50);
/// Idle connections to providers are looked at every so many ticks.
const TICKS_PER_SWEEP: u32 = 40;
/// How often a worker that leaves looks whether all have gone.
const LEAVING_STEP: Duration = Duration::from_millis(10);
/// How long callers may still use an idle connection before it is closed: they learn from the next answer.
const ANNOUNCING: Duration = Duration::from_secs(1);

/// The running workers.
#[derive(Debug)]
pub struct Workers {
    threads: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    gateway: Arc<Gateway>,
}

impl Workers {
    /// Stops accepting, lets everything open end within `timeouts.drain_ms`, and waits for the threads. Blocks.
    pub fn stop(self) {
        self.gateway.begin_drain();
        self.stop.cancel();
        for thread in self.threads {
            // A worker that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

/// Starts one worker for each counter shard. With one worker it accepts itself; with more, an acceptor deals.
pub fn start_workers(gateway: &Arc<Gateway>, listeners: Vec<BoundListener>) -> io::Result<Workers> {
    let stop = CancellationToken::new();
    let count = gateway.connections.len();
    let mut threads = Vec::with_capacity(count + 1);
    if count == 1 {
        threads.push(spawn_worker(gateway, 0, Inlet::Listeners(listeners), &stop)?);
    } else {
        let (outlets, inlets) = inlets(count);
        for (index, inlet) in inlets.into_iter().enumerate() {
            threads.push(spawn_worker(gateway, index, inlet, &stop)?);
        }
        let (gateway, stop) = (gateway.clone(), stop.clone());
        let deal = async move || accept_and_deal(&gateway, listeners, outlets, &stop).await;
        threads.push(thread::Builder::new().name("acceptor".to_owned()).spawn(|| run_local(deal()))?);
    }
    Ok(Workers { threads, stop, gateway: gateway.clone() })
}

fn spawn_worker(
    gateway: &Arc<Gateway>,
    index: usize,
    inlet: Inlet,
    stop: &CancellationToken,
) -> io::Result<JoinHandle<()>> {
    let (gateway, stop) = (gateway.clone(), stop.clone());
    let work = move || run_local(run(Worker::new(gateway, index), inlet, stop));
    thread::Builder::new().name(format!("worker-{index}")).spawn(work)
}

fn run_local(future: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build_local(tokio::runtime::LocalOptions::default());
    let runtime = runtime.expect("a runtime needs a few descriptors, and the limit was raised before");
    runtime.block_on(future);
    // A silent resolver holds its thread for half a minute: nobody waits for that.
    runtime.shutdown_background();
}

/// One worker's life.
async fn run(worker: Rc<Worker>, inlet: Inlet, stop: CancellationToken) {
    let ticking = CancellationToken::new();
    let ticker = worker.spawn({
        let (worker, ticking) = (worker.clone(), ticking.clone());
        async move { ticking.run_until_cancelled(tick(&worker)).await.unwrap_or_default() }
    });
    match inlet {
        Inlet::Listeners(listeners) => {
            accept(&worker.gateway, listeners, &stop, |accepted| take(&worker, accepted)).await;
        }
        Inlet::Dealt(mut dealt) => {
            // The dealer ends this by dropping its end, after the last connection it took.
            while let Some(accepted) = dealt.recv().await {
                take(&worker, accepted);
            }
        }
    }
    leave(&worker).await;
    ticking.cancel();
    let _ = ticker.await;
    worker.hand_over();
}

/// Begins to serve a connection.
fn take(worker: &Rc<Worker>, accepted: Accepted) {
    let Ok(tcp) = TcpStream::from_std(accepted.tcp) else { return };
    let open = OpenConnection::new(worker.clone());
    worker.spawn(async move {
        connection::serve(open.0.clone(), tcp, accepted.caller, accepted.tls).await;
        drop(open);
    });
}

/// Everything that is open ends, or the time for it does.
async fn leave(worker: &Worker) {
    let until = Instant::now() + worker.gateway.serving.load().timeouts.drain;
    worker.drain.advance(DrainStage::Announcing);
    let announced = (Instant::now() + ANNOUNCING).min(until);
    while worker.connections_open() > 0 && Instant::now() < announced {
        sleep(LEAVING_STEP).await;
    }
    worker.drain.advance(DrainStage::Closing);
    while worker.connections_open() > 0 {
        if Instant::now() >= until {
            let left = worker.connections_open();
            worker.gateway.log.event(
                Level::Warn,
                "stopping with connections still open",
                &[("connections", &left)],
            );
            return;
        }
        sleep(LEAVING_STEP).await;
    }
}

pub(crate) async fn tick(worker: &Worker) {
    let (mut ticks, mut warm) = (0_u32, WarmLines::default());
    warm.keep(worker);
    loop {
        sleep_until(Instant::now() + TICK).await;
        ticks = ticks.wrapping_add(1);
        if worker.has_news() {
            worker.hand_over();
        }
        if ticks.is_multiple_of(TICKS_PER_SWEEP) {
            worker.client.sweep(worker.chance());
            warm.keep(worker);
            worker.publish_counts();
        }
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use tokio::task::{spawn_blocking, yield_now};

    use super::run_local;

    #[test]
    fn a_lookup_that_hangs_does_not_hold_up_the_end() {
        let (release, hanging) = channel::<()>();
        run_local(async {
            spawn_blocking(move || hanging.recv());
            yield_now().await;
        });
        release.send(()).expect("the lookup still hangs when the worker has ended");
    }
}
