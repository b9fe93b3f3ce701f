//! The order of things: TCP to the host or its proxy, the proxy's tunnel, TLS, all under one limit.

use std::io;

use domain::{ProxyProtocol, ProxyUrl};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::names::Names;
use super::socks5::Destination;
use super::tcp::{self, TcpFailure, connect, share};
use super::{http_connect, socks5};
use crate::failure::{ProxyProblem, SendFailure};
use crate::line::Line;
use crate::socket::Socket;
use crate::tls;

/// Opens a connection over `line` within its limit.
pub(crate) async fn dial(names: &Names, line: &Line) -> Result<Socket, SendFailure> {
    let began = Instant::now();
    let until = began + line.options().connect_limit;
    let dialled = timeout_at(until, dial_until(names, line, until)).await;
    let dialled = dialled.unwrap_or_else(|_| Err(out_of_time(line)));
    dialled.inspect(|_| line.pace().note(began.elapsed()))
}

async fn dial_until(names: &Names, line: &Line, until: Instant) -> Result<Socket, SendFailure> {
    #[cfg(feature = "given-network")]
    if let Some(network) = names.given_network() {
        let failed = |error| SendFailure::Connect { host: authority(line), error };
        return network(line).await.map(Socket::Given).map_err(failed);
    }
    let tcp = match &line.options().proxy {
        None => direct(names, line, until).await?,
        Some(proxy) => through(names, line, proxy, until).await?,
    };
    tcp.set_nodelay(true).map_err(|error| SendFailure::Connect { host: authority(line), error })?;
    let Some(name) = line.tls_name() else { return Ok(Socket::Plain(tcp)) };
    let failed = |error| SendFailure::Tls { host: authority(line), error };
    let settings = tls::settings().map_err(|error| failed(io::Error::other(error)))?;
    let tls = TlsConnector::from(settings).connect(name.clone(), tcp).await.map_err(failed)?;
    Ok(Socket::Tls(Box::new(tls)))
}

async fn direct(names: &Names, line: &Line, until: Instant) -> Result<TcpStream, SendFailure> {
    let base = line.base();
    connect(names, line, (base.host(), base.port()), until).await.map_err(|failure| match failure {
        TcpFailure::Resolve(error) => SendFailure::Resolve { host: base.host().to_owned(), error },
        TcpFailure::Source(address, error) => SendFailure::Source { address, error },
        TcpFailure::Connect(error) => SendFailure::Connect { host: authority(line), error },
        TcpFailure::TimedOut => out_of_time(line),
    })
}

/// A connection to the proxy, turned into a tunnel.
async fn through(
    names: &Names,
    line: &Line,
    proxy: &ProxyUrl,
    until: Instant,
) -> Result<TcpStream, SendFailure> {
    let host = line.base().host();
    match (proxy.protocol(), host.parse()) {
        (ProxyProtocol::Http, _) => {
            let mut tcp = reach(names, line, proxy, until).await?;
            let asked = http_connect::open_tunnel(&mut tcp, &authority(line), proxy.login()).await;
            asked.map(|()| tcp).map_err(|problem| refused(proxy, problem))
        }
        (ProxyProtocol::Socks5 | ProxyProtocol::Socks5h, Ok(address)) => {
            socks_tunnel(names, line, proxy, &[Destination::Address(address)], until).await
        }
        (ProxyProtocol::Socks5h, Err(_)) => {
            socks_tunnel(names, line, proxy, &[Destination::Name(host)], until).await
        }
        (ProxyProtocol::Socks5, Err(_)) => {
            let found = tcp::resolve(names, line, host).await;
            let found = found.map_err(|error| SendFailure::Resolve { host: host.to_owned(), error })?;
            let destinations: Vec<_> = found.iter().copied().map(Destination::Address).collect();
            socks_tunnel(names, line, proxy, &destinations, until).await
        }
    }
}

/// A tunnel to the first of `destinations` that the proxy finds a way to.
async fn socks_tunnel(
    names: &Names,
    line: &Line,
    proxy: &ProxyUrl,
    destinations: &[Destination<'_>],
    until: Instant,
) -> Result<TcpStream, SendFailure> {
    let mut last = None;
    for (tried, destination) in destinations.iter().enumerate() {
        let one = async {
            let mut tcp = reach(names, line, proxy, until).await?;
            let asked = socks5::open_tunnel(&mut tcp, *destination, line.base().port(), proxy.login()).await;
            asked.map(|()| tcp).map_err(|problem| refused(proxy, problem))
        };
        match timeout(share(until, destinations.len() - tried), one).await {
            Ok(Err(failure @ SendFailure::Proxy { problem: ProxyProblem::NoWay(_), .. })) => {
                last = Some(failure);
            }
            Ok(done) => return done,
            Err(_) => last = Some(out_of_time(line)),
        }
    }
    Err(last.unwrap_or_else(|| out_of_time(line)))
}

/// A connection to the proxy itself.
async fn reach(
    names: &Names,
    line: &Line,
    proxy: &ProxyUrl,
    until: Instant,
) -> Result<TcpStream, SendFailure> {
    connect(names, line, (proxy.host(), proxy.port()), until).await.map_err(|failure| match failure {
        TcpFailure::Resolve(error) => refused(proxy, ProxyProblem::Unresolved(error)),
        TcpFailure::Source(address, error) => SendFailure::Source { address, error },
        TcpFailure::Connect(error) => refused(proxy, ProxyProblem::Unreachable(error)),
        TcpFailure::TimedOut => out_of_time(line),
    })
}

fn refused(proxy: &ProxyUrl, problem: ProxyProblem) -> SendFailure {
    SendFailure::Proxy { proxy: proxy.place(), problem }
}

fn out_of_time(line: &Line) -> SendFailure {
    let limit_ms = line.options().connect_limit.as_millis() as u64;
    let host = match &line.options().proxy {
        Some(proxy) => format!("{} through the proxy {}", authority(line), proxy.place()),
        None => authority(line),
    };
    SendFailure::ConnectTimeout { host, limit_ms }
}

/// Host and port, with brackets around an IPv6 address.
fn authority(line: &Line) -> String {
    let (host, port) = (line.base().host(), line.base().port());
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
