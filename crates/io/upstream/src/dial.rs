//! Opening a connection: name, TCP, TLS, all under one limit.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::failure::SendFailure;
use crate::line::Line;
use crate::socket::Socket;
use crate::tls;

/// Opens a connection over `line` within its limit.
pub(crate) async fn dial(line: &Line) -> Result<Socket, SendFailure> {
    let dialled = timeout(line.options().connect_limit, dial_unbounded(line)).await;
    dialled.unwrap_or_else(|_| Err(out_of_time(line)))
}

async fn dial_unbounded(line: &Line) -> Result<Socket, SendFailure> {
    let tcp = connect(line).await?;
    tcp.set_nodelay(true).map_err(|error| SendFailure::Connect { host: authority(line), error })?;
    let Some(name) = line.tls_name() else { return Ok(Socket::Plain(tcp)) };
    let failed = |error| SendFailure::Tls { host: authority(line), error };
    let settings = tls::settings().map_err(|error| failed(io::Error::other(error)))?;
    let tls = TlsConnector::from(settings).connect(name.clone(), tcp).await.map_err(failed)?;
    Ok(Socket::Tls(Box::new(tls)))
}

/// Tries every address of the host in the resolver's order. None but the last may use up the time of those behind it.
async fn connect(line: &Line) -> Result<TcpStream, SendFailure> {
    let (host, port) = (line.base().host(), line.base().port());
    let until = Instant::now() + line.options().connect_limit;
    let addresses: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => match lookup_host((host, port)).await {
            Ok(addresses) => addresses.collect(),
            Err(error) => return Err(SendFailure::Resolve { host: host.to_owned(), error }),
        },
    };
    let mut last = None;
    for (tried, address) in addresses.iter().enumerate() {
        let share = until.saturating_duration_since(Instant::now()) / (addresses.len() - tried) as u32;
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => last = Some(error),
            Err(_) => last = Some(io::Error::from(io::ErrorKind::TimedOut)),
        }
    }
    Err(match last {
        Some(error) if error.kind() == io::ErrorKind::TimedOut => out_of_time(line),
        Some(error) => SendFailure::Connect { host: authority(line), error },
        None => {
            SendFailure::Resolve { host: host.to_owned(), error: io::Error::from(io::ErrorKind::NotFound) }
        }
    })
}

fn out_of_time(line: &Line) -> SendFailure {
    let limit_ms = line.options().connect_limit.as_millis() as u64;
    SendFailure::ConnectTimeout { host: authority(line), limit_ms }
}

fn authority(line: &Line) -> String {
    format!("{}:{}", line.base().host(), line.base().port())
}
