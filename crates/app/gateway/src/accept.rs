//! Accepting callers' connections, and dealing them to workers. On a stop, what the system has queued is still taken,
//! unless the socket was inherited: then the queue is left to the next process.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use observe::Level;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;
use crate::listener::{BoundListener, TlsSlot};

/// Connections on their way from the acceptor to a worker.
const DEALT_CONNECTIONS_MAX: usize = 1024;
/// After an error such as a full descriptor table, accepting rests this long.
const ACCEPT_REST: Duration = Duration::from_millis(20);

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) tcp: std::net::TcpStream,
    pub(crate) caller: IpAddr,
    pub(crate) tls: Option<Arc<TlsSlot>>,
}

/// Where a worker's connections come from.
#[derive(Debug)]
pub(crate) enum Inlet {
    /// It accepts itself.
    Listeners(Vec<BoundListener>),
    /// They are dealt to it.
    Dealt(mpsc::Receiver<Accepted>),
}

/// The inlets of `count` workers that are dealt to, and the dealer's ends of them.
pub(crate) fn inlets(count: usize) -> (Vec<mpsc::Sender<Accepted>>, Vec<Inlet>) {
    let pairs = (0..count).map(|_| mpsc::channel(DEALT_CONNECTIONS_MAX));
    pairs.map(|(outlet, inlet)| (outlet, Inlet::Dealt(inlet))).unzip()
}

/// Deals each connection to the worker with the fewest open ones.
pub(crate) async fn accept_and_deal(
    gateway: &Gateway,
    listeners: Vec<BoundListener>,
    outlets: Vec<mpsc::Sender<Accepted>>,
    stop: &CancellationToken,
) {
    // Among equals the one that was dealt to least comes first.
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
pub(crate) async fn accept(
    gateway: &Gateway,
    listeners: Vec<BoundListener>,
    stop: &CancellationToken,
    take: impl Fn(Accepted),
) {
    let mut sources = Vec::with_capacity(listeners.len());
    for bound in listeners {
        match TcpListener::from_std(bound.listener) {
            Ok(listener) => {
                sources.push(Source { listener, tls: bound.tls, is_inherited: bound.is_inherited });
            }
            Err(error) => gateway.log.event(Level::Error, "a listener cannot be used", &[("error", &error)]),
        }
    }
    let admit = |tcp: std::net::TcpStream, caller: SocketAddr, tls: &Option<Arc<TlsSlot>>| {
        if gateway.connections_open() < gateway.serving.load().limits.connections_max {
            take(Accepted { tcp, caller: caller.ip(), tls: tls.clone() });
        }
    };
    let mut first = 0;
    while let Some((accepted, place)) = stop.run_until_cancelled(next(&sources, first)).await {
        // The next look begins behind this one, so that a busy address does not hide another.
        first = place + 1;
        match accepted.and_then(|(tcp, caller)| Ok((tcp.into_std()?, caller))) {
            Ok((tcp, caller)) => admit(tcp, caller, &sources[place].tls),
            Err(_) => sleep(ACCEPT_REST).await,
        }
    }
    for Source { listener, tls, .. } in sources.into_iter().filter(|source| !source.is_inherited) {
        // Asked of the system itself: the runtime only knows what it was told before.
        let Ok(listener) = listener.into_std() else { continue };
        while let Ok((tcp, caller)) = listener.accept() {
            if tcp.set_nonblocking(true).is_ok() {
                admit(tcp, caller, &tls);
            }
        }
    }
}

/// A listening socket in use.
struct Source {
    listener: TcpListener,
    tls: Option<Arc<TlsSlot>>,
    is_inherited: bool,
}

/// The next connection of any source, looking at `first` first, and which source it was.
async fn next(sources: &[Source], first: usize) -> (io::Result<(tokio::net::TcpStream, SocketAddr)>, usize) {
    poll_fn(|cx| {
        for step in 0..sources.len() {
            let place = (first + step) % sources.len();
            if let Poll::Ready(accepted) = sources[place].listener.poll_accept(cx) {
                return Poll::Ready((accepted, place));
            }
        }
        Poll::Pending
    })
    .await
}
