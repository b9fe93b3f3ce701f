//! One connection of a caller: handshake, HTTP by hyper, time limits, and leaving in good order.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use config::Timeouts;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use crate::answer::AnswerBody;
use crate::drain::DrainStage;
use crate::inbound::{ConnectionFacts, Inbound, InboundSocket, Phase};
use crate::ingress;
use crate::listener::TlsSlot;
use crate::serving::Serving;
use crate::worker::Worker;

/// Read buffer and write queue of an HTTP/1.1 connection grow up to this.
const HTTP1_BUFFER_BYTES_MAX: usize = 128 * 1024;
/// Bytes a caller may send on one HTTP/2 stream, and on all of a connection, before they are read.
const HTTP2_STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const HTTP2_CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// Bytes of answers that wait in one HTTP/2 stream.
const HTTP2_SEND_BYTES_MAX: usize = 64 * 1024;
/// Streams reset by the caller before they were served; more is an attack (CVE-2023-44487).
const HTTP2_RESETS_MAX: usize = 100;
/// A caller who takes nothing of his answer for this long is gone, whatever his socket says.
const WRITE_STALL_LIMIT: Duration = Duration::from_secs(60);
/// A quiet HTTP/2 connection is pinged this often, and closed when the answer is this late.
const HTTP2_PING_EVERY: Duration = Duration::from_secs(20);
const HTTP2_PING_LIMIT: Duration = Duration::from_secs(20);

/// Serves a connection until it ends.
pub(crate) async fn serve(worker: Rc<Worker>, tcp: TcpStream, caller: IpAddr, tls: Option<Arc<TlsSlot>>) {
    // A failed option means a dead socket, which the first read will tell.
    let _ = tcp.set_nodelay(true);
    let limit = worker.gateway.serving.load().timeouts.tls_handshake;
    let Some(socket) = handshake(tcp, tls, limit).await else { return };
    serve_socket(worker, socket, caller).await;
}

/// Serves a connection whose handshake is done.
pub(crate) async fn serve_socket(worker: Rc<Worker>, socket: InboundSocket, caller: IpAddr) {
    let serving = worker.gateway.serving();
    let is_http2 =
        matches!(&socket, InboundSocket::Tls(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2"));
    let facts = ConnectionFacts::new(Instant::now());
    let io = TokioIo::new(Inbound { socket, facts: facts.clone(), has_heads: !is_http2, linger: None });
    if is_http2 {
        serve_http2(worker, io, caller, facts, serving).await;
    } else {
        serve_http1(worker, io, caller, facts, serving).await;
    }
}

async fn handshake(tcp: TcpStream, tls: Option<Arc<TlsSlot>>, limit: Duration) -> Option<InboundSocket> {
    let Some(slot) = tls else { return Some(InboundSocket::Plain(tcp)) };
    let accepted = timeout(limit, TlsAcceptor::from(slot.config()).accept(tcp)).await;
    // Scanners and plain-text callers fail here all the time; there is nobody to tell.
    Some(InboundSocket::Tls(Box::new(accepted.ok()?.ok()?)))
}

async fn serve_http1(
    worker: Rc<Worker>,
    io: TokioIo<Inbound>,
    caller: IpAddr,
    facts: Rc<ConnectionFacts>,
    serving: Arc<Serving>,
) {
    let limits = &serving.limits;
    let mut builder = http1::Builder::new();
    builder
        .max_buf_size(HTTP1_BUFFER_BYTES_MAX.max(limits.head_bytes_max))
        .max_header_size(limits.head_bytes_max)
        .max_headers(limits.headers_max);
    let watch = Watch::new(&serving.timeouts);
    // A connection may live for days: it must not keep this generation of settings.
    drop(serving);
    let connection = pin!(builder.serve_connection(io, service(&worker, &facts, caller)));
    drive(&worker, connection, &facts, watch, http1::Connection::graceful_shutdown).await;
}

async fn serve_http2(
    worker: Rc<Worker>,
    io: TokioIo<Inbound>,
    caller: IpAddr,
    facts: Rc<ConnectionFacts>,
    serving: Arc<Serving>,
) {
    let limits = &serving.limits;
    let mut builder = http2::Builder::new(LocalSpawner { worker: worker.clone() });
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams_max)
        .max_header_list_size(limits.http2_header_bytes_max)
        .max_pending_accept_reset_streams(HTTP2_RESETS_MAX)
        .initial_stream_window_size(HTTP2_STREAM_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(HTTP2_SEND_BYTES_MAX)
        .keep_alive_interval(HTTP2_PING_EVERY)
        .keep_alive_timeout(HTTP2_PING_LIMIT);
    let watch = Watch::new(&serving.timeouts);
    drop(serving);
    let connection = pin!(builder.serve_connection(io, service(&worker, &facts, caller)));
    drive(&worker, connection, &facts, watch, http2::Connection::graceful_shutdown).await;
}

/// Answers the requests of one connection. Boxed, so that an idle connection does not keep room for a running call.
fn service(
    worker: &Rc<Worker>,
    facts: &Rc<ConnectionFacts>,
    caller: IpAddr,
) -> impl Service<Request<Incoming>, Response = Response<AnswerBody>, Error = Infallible, Future: 'static> + use<>
{
    let (worker, facts) = (worker.clone(), facts.clone());
    service_fn(move |request| Box::pin(ingress::answer(worker.clone(), facts.clone(), caller, request)))
}

/// Polls a connection to its end, closes it when a time limit passes, and asks it to go when the worker drains.
async fn drive<C, E>(
    worker: &Worker,
    mut connection: Pin<&mut C>,
    facts: &ConnectionFacts,
    mut watch: Watch,
    graceful_shutdown: impl Fn(Pin<&mut C>),
) where
    C: Future<Output = Result<(), E>>,
{
    let seat = worker.drain.seat();
    let mut seen = None;
    poll_fn(|cx| {
        let stage = worker.drain.stage();
        if seen.replace(stage) != Some(stage) {
            if stage == DrainStage::Closing {
                graceful_shutdown(connection.as_mut());
            } else {
                seat.listen(cx);
            }
        }
        // How a connection ended is told by its calls; of itself there is nothing to say.
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        watch.poll_expired(facts, cx)
    })
    .await;
}

/// The time limits of a connection: one alarm, moved only when it rings or when a head stays unfinished.
struct Watch {
    head_limit: Duration,
    idle_limit: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl Watch {
    fn new(timeouts: &Timeouts) -> Self {
        let first = Instant::now() + timeouts.request_head;
        Self {
            head_limit: timeouts.request_head,
            idle_limit: timeouts.keep_alive,
            alarm: Box::pin(sleep_until(first)),
        }
    }

    fn poll_expired(&mut self, facts: &ConnectionFacts, cx: &mut Context<'_>) -> Poll<()> {
        let (phase, since) = facts.phase();
        if phase == Phase::Head {
            let ends = since + self.head_limit;
            if self.alarm.deadline() > ends {
                self.alarm.as_mut().reset(ends);
            }
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let (phase, since) = facts.phase();
            let ends = match phase {
                Phase::Head => since + self.head_limit,
                Phase::Idle => since + self.idle_limit,
                Phase::Busy => facts.write_stalled_since().unwrap_or(now) + WRITE_STALL_LIMIT,
            };
            if now >= ends {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(ends);
        }
        Poll::Pending
    }
}

/// Spawns the streams of an HTTP/2 connection on the worker's own thread, tracked.
#[derive(Clone)]
struct LocalSpawner {
    worker: Rc<Worker>,
}

impl<F> hyper::rt::Executor<F> for LocalSpawner
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, future: F) {
        self.worker.spawn(future);
    }
}
