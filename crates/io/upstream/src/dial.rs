//! Opening a connection: name, TCP, TLS, all under one limit.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::failure::SendFailure;
use crate::line::Line;
use crate::socket::Socket;

/// Opens a connection over `line` within its limit.
pub(crate) async fn dial(line: &Line) -> Result<Socket, SendFailure> {
    let limit = line.options().connect_limit;
    match timeout(limit, dial_unbounded(line)).await {
        Ok(dialled) => dialled,
        Err(_) => {
            Err(SendFailure::ConnectTimeout { host: authority(line), limit_ms: limit.as_millis() as u64 })
        }
    }
}

async fn dial_unbounded(line: &Line) -> Result<Socket, SendFailure> {
    let tcp = connect(line).await?;
    tcp.set_nodelay(true).map_err(|error| SendFailure::Connect { host: authority(line), error })?;
    let Some((config, name)) = line.tls() else { return Ok(Socket::Plain(tcp)) };
    match TlsConnector::from(config).connect(name, tcp).await {
        Ok(tls) => Ok(Socket::Tls(Box::new(tls))),
        Err(error) => Err(SendFailure::Tls { host: authority(line), error }),
    }
}

/// Tries every address of the host in the resolver's order.
async fn connect(line: &Line) -> Result<TcpStream, SendFailure> {
    let (host, port) = (line.base().host(), line.base().port());
    let failed = |error| SendFailure::Connect { host: authority(line), error };
    if let Ok(address) = host.parse::<IpAddr>() {
        return TcpStream::connect(SocketAddr::new(address, port)).await.map_err(failed);
    }
    let resolve_failed = |error| SendFailure::Resolve { host: host.to_owned(), error };
    let mut last = None;
    for address in lookup_host((host, port)).await.map_err(resolve_failed)? {
        match TcpStream::connect(address).await {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(error) => failed(error),
        None => resolve_failed(io::Error::from(io::ErrorKind::NotFound)),
    })
}

/// The TLS settings of all lines. Made on first use: reading the system's certificates takes memory and time
/// that a gateway without TLS upstreams need not spend.
pub(crate) fn tls_config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    CONFIG
        .get_or_init(|| {
            let mut config =
                ClientConfig::with_platform_verifier().expect("the built-in protocol versions are valid");
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(config)
        })
        .clone()
}

fn authority(line: &Line) -> String {
    format!("{}:{}", line.base().host(), line.base().port())
}
