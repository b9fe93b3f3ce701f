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
use socket2::{SockFilter, SockRef};
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
/// On a stop, what is half made gets so long to be made: a third step of a handshake from far away.
const HANDSHAKES_END: Duration = Duration::from_millis(300);

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
    // Closing a socket resets whoever stands in its queue, and one more can come between the last look and the close.
    let sources = sources.into_iter().filter(|source| !source.is_inherited);
    let closing: Vec<_> =
        sources.filter_map(|source| Some((source.listener.into_std().ok()?, source.tls))).collect();
    let is_shut = closing.iter().fold(false, |is_shut, (listener, _)| let_nobody_knock(listener) || is_shut);
    let take_queued = || {
        for (listener, tls) in &closing {
            // Asked of the system itself: the runtime only knows what it was told before.
            while let Ok((tcp, caller)) = listener.accept() {
                if tcp.set_nonblocking(true).is_ok() {
                    admit(tcp, caller, tls);
                }
            }
        }
    };
    take_queued();
    if is_shut {
        sleep(HANDSHAKES_END).await;
        take_queued();
    }
}

/// From now on the system answers no beginning of a connection here, while those that are half made are still made. Who
/// knocks in vain knocks again after a second, and is refused then. False where the system does not take this.
fn let_nobody_knock(listener: &std::net::TcpListener) -> bool {
    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const SKIP_UNLESS_EQUAL: u16 = 0x15;
    const ANSWER: u16 = 0x06;
    // Of the TCP header (RFC 9293, 3.1).
    const FLAGS_AT: u32 = 13;
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    let only_beginnings_fall = [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS_AT),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(SKIP_UNLESS_EQUAL, 0, 1, SYN),
        SockFilter::new(ANSWER, 0, 0, 0),
        SockFilter::new(ANSWER, 0, 0, u32::MAX),
    ];
    SockRef::from(listener).attach_filter(&only_beginnings_fall).is_ok()
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
