//! A TCP connection to a host: every address is tried in the resolver's order. What is said over it is not known here.

use std::borrow::Cow;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::names::{Addresses, Lifetimes, Names};
use crate::line::Line;

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
    if let Ok(address) = host.parse() {
        return first_of(&usable(&[address], source)?, port, source, until).await;
    }
    let addresses = resolve(names, line, host).await.map_err(TcpFailure::Resolve)?;
    let connected = first_of(&usable(&addresses, source)?, port, source, until).await;
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

/// Tries one address after the other until one works.
async fn first_of(
    addresses: &[IpAddr],
    port: u16,
    source: Option<IpAddr>,
    until: Instant,
) -> Result<TcpStream, TcpFailure> {
    let mut last = TcpFailure::Resolve(io::ErrorKind::NotFound.into());
    for (tried, address) in addresses.iter().enumerate() {
        let one = connect_to(SocketAddr::new(*address, port), source);
        last = match timeout(share(until, addresses.len() - tried), one).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(failure)) => failure,
            Err(_) => TcpFailure::TimedOut,
        };
    }
    Err(last)
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

async fn connect_to(address: SocketAddr, source: Option<IpAddr>) -> Result<TcpStream, TcpFailure> {
    let connected = match source {
        None => TcpStream::connect(address).await,
        Some(source) => {
            let socket = bound(source).map_err(|error| TcpFailure::Source(source, error))?;
            socket.connect(address).await
        }
    };
    connected.map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => TcpFailure::TimedOut,
        _ => TcpFailure::Connect(error),
    })
}

fn bound(source: IpAddr) -> io::Result<TcpSocket> {
    let socket = if source.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(source, 0))?;
    Ok(socket)
}
