//! A TCP connection to a host: its addresses are raced, each a little later than the one before. What is said over it is
//! not known here.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::names::{Addresses, Lifetimes, Names};
use super::order::by_turns;
use crate::line::Line;

/// How long an address is waited for before the next one is tried beside it, at most (RFC 8305, section 5), and where
/// nobody knows how long the line usually takes.
const STAGGER_MAX: Duration = Duration::from_millis(250);
/// And at least.
const STAGGER_MIN: Duration = Duration::from_millis(20);
/// So many addresses are tried at a time; the oldest makes room.
const RACING_MAX: usize = 4;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum TcpFailure {
    /// The name has no address.
    Resolve(io::Error),
    /// The source address cannot be used.
    Source(IpAddr, io::Error),
    /// Nobody takes the connection.
    Connect(io::Error),
    /// Nobody has answered.
    TimedOut,
}

/// Connects to `host` before `until`.
pub(super) async fn connect(
    names: &Names,
    line: &Line,
    (host, port): (&str, u16),
    until: Instant,
) -> Result<TcpStream, TcpFailure> {
    let source = line.options().source_address;
    let race = Race::over(line, port, until);
    if let Ok(address) = host.parse() {
        return race.run(&usable(&[address], source)?).await;
    }
    let addresses = resolve(names, line, host).await.map_err(TcpFailure::Resolve)?;
    let connected = race.run(&by_turns(&usable(&addresses, source)?)).await;
    // A host that cannot be reached may have moved. A bad source address says nothing about it.
    connected.inspect_err(|failure| {
        if !matches!(failure, TcpFailure::Source(..)) {
            names.doubt(host);
        }
    })
}

/// The addresses of `host`, remembered as long as the line allows.
pub(super) async fn resolve(names: &Names, line: &Line, host: &str) -> io::Result<Addresses> {
    let (fresh, stale) = (line.options().dns_fresh, line.options().dns_stale);
    names.addresses(host, Lifetimes { fresh, stale }).await
}

/// What all attempts to connect to one host have in common.
#[derive(Clone, Copy)]
struct Race<'a> {
    line: &'a Line,
    port: u16,
    stagger: Duration,
    until: Instant,
}

type Attempt<'a> = LocalBoxFuture<'a, Result<TcpStream, TcpFailure>>;

impl<'a> Race<'a> {
    fn over(line: &'a Line, port: u16, until: Instant) -> Self {
        let late_after = line.tcp_pace().late_after();
        let stagger = late_after.map_or(STAGGER_MAX, |late| late.clamp(STAGGER_MIN, STAGGER_MAX));
        Self { line, port, stagger, until }
    }

    /// The first of `addresses` that takes a connection. The next one is tried once one has failed or is late.
    async fn run(self, addresses: &[IpAddr]) -> Result<TcpStream, TcpFailure> {
        let mut waiting = addresses.iter();
        let mut racing: VecDeque<Attempt<'a>> = VecDeque::with_capacity(addresses.len().min(RACING_MAX));
        let mut failure = TcpFailure::Resolve(io::ErrorKind::NotFound.into());
        loop {
            if let Some(address) = waiting.next() {
                if racing.len() == RACING_MAX {
                    racing.pop_front();
                }
                racing.push_back(Box::pin(self.connect_to(SocketAddr::new(*address, self.port))));
            } else if racing.is_empty() {
                return Err(failure);
            }
            let is_last = waiting.len() == 0;
            let patience = share(self.until, waiting.len() + 1);
            let patience = if is_last { patience } else { patience.min(self.stagger) };
            match timeout(patience, first_to_end(&mut racing)).await {
                Ok(Ok(tcp)) => return Ok(tcp),
                Ok(Err(failed)) => failure = failed,
                Err(_) if is_last => return Err(TcpFailure::TimedOut),
                Err(_) => {}
            }
        }
    }

    async fn connect_to(self, address: SocketAddr) -> Result<TcpStream, TcpFailure> {
        let began = Instant::now();
        let connected = match self.line.options().source_address {
            None => TcpStream::connect(address).await,
            Some(source) => {
                let socket = bound(source).map_err(|error| TcpFailure::Source(source, error))?;
                socket.connect(address).await
            }
        };
        let connected = connected.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => TcpFailure::TimedOut,
            _ => TcpFailure::Connect(error),
        });
        connected.inspect(|_| self.line.tcp_pace().note(began.elapsed()))
    }
}

async fn first_to_end(racing: &mut VecDeque<Attempt<'_>>) -> Result<TcpStream, TcpFailure> {
    poll_fn(|cx| {
        for place in 0..racing.len() {
            if let Poll::Ready(ended) = racing[place].as_mut().poll(cx) {
                racing.remove(place);
                return Poll::Ready(ended);
            }
        }
        Poll::Pending
    })
    .await
}

/// What one of `left` attempts may take: none but the last may use up the time of those behind it.
pub(super) fn share(until: Instant, left: usize) -> Duration {
    until.saturating_duration_since(Instant::now()) / left.max(1) as u32
}

/// The addresses that can be reached from `source`.
fn usable(addresses: &[IpAddr], source: Option<IpAddr>) -> Result<Cow<'_, [IpAddr]>, TcpFailure> {
    let Some(source) = source else { return Ok(Cow::Borrowed(addresses)) };
    let is_usable = |address: &&IpAddr| address.is_ipv4() == source.is_ipv4();
    let usable: Vec<IpAddr> = addresses.iter().filter(is_usable).copied().collect();
    if usable.is_empty() {
        let family = if source.is_ipv4() { "IPv4" } else { "IPv6" };
        let error = io::Error::other(format!("the host has no {family} address"));
        return Err(TcpFailure::Source(source, error));
    }
    Ok(Cow::Owned(usable))
}

fn bound(source: IpAddr) -> io::Result<TcpSocket> {
    let socket = if source.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(source, 0))?;
    Ok(socket)
}
