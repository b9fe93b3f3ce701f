//! Where callers connect: bound sockets, and the TLS settings that a reload swaps behind them.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use arc_swap::ArcSwap;
use config::{Listener, Tls};
use domain::Timestamp;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use socket2::{Domain, Protocol, Socket, Type};

use crate::certificate_end::ends_at;
use crate::inherited::InheritedSockets;

/// Connections the system queues before they are accepted.
const BACKLOG: i32 = 4096;

/// A bound address.
#[derive(Debug)]
pub struct BoundListener {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Arc<TlsSlot>>,
    /// Whether the socket stays open when we close it: then its queue is the next process's, not ours to empty.
    pub(crate) is_inherited: bool,
    address: SocketAddr,
}

/// Why an address cannot be used.
#[derive(Debug)]
pub enum BindFailure {
    /// Somebody listens there.
    Taken(SocketAddr),
    /// Anything else the system says.
    System(SocketAddr, io::Error),
    /// The certificate or its key.
    Tls(String),
}

impl std::fmt::Display for BindFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Taken(address) => write!(f, "{address} is taken by another process"),
            Self::System(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Tls(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for BindFailure {}

/// The TLS settings of a listener. New handshakes use the newest.
#[derive(Debug)]
pub(crate) struct TlsSlot(ArcSwap<Certificate>);

impl TlsSlot {
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.load().config)
    }
}

/// Binds one listener, or takes the inherited socket of its address.
pub fn bind(listener: &Listener, inherited: &mut InheritedSockets) -> Result<BoundListener, BindFailure> {
    let tls = listener.tls.as_ref().map(Certificate::new).transpose().map_err(BindFailure::Tls)?;
    let given = inherited.take(listener.address);
    let is_inherited = given.is_some();
    let bound = given.map_or_else(|| bind_tcp(listener.address), Ok)?;
    let address = bound.local_addr().map_err(|error| BindFailure::System(listener.address, error))?;
    Ok(BoundListener {
        listener: bound,
        tls: tls.map(|certificate| Arc::new(TlsSlot(ArcSwap::from_pointee(certificate)))),
        is_inherited,
        address,
    })
}

impl BoundListener {
    /// The address, with the port the system chose if none was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://…` or `https://…`, as a caller on this machine reaches it.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        format!("{scheme}://{address}")
    }

    /// A handle that swaps the certificate later.
    pub fn certificate(&self) -> Option<CertificateHandle> {
        self.tls.clone().map(|slot| CertificateHandle { slot, address: self.address })
    }
}

/// A certificate and its key, found to fit together.
#[derive(Debug)]
pub struct Certificate {
    config: Arc<ServerConfig>,
    ends_at: Option<Timestamp>,
}

impl Certificate {
    /// Checks the two, which were files when the configuration was checked; `Err` names the one at fault.
    pub fn new(tls: &Tls) -> Result<Self, String> {
        let (certificate, key) = (tls.certificate.display(), tls.key.display());
        let chain = CertificateDer::pem_slice_iter(tls.certificate_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("{certificate} is no PEM certificate chain: {error}"))?;
        let private = PrivateKeyDer::from_pem_slice(tls.key_pem.expose().as_bytes())
            .map_err(|error| format!("{key} is no PEM private key: {error}"))?;
        // Where one of the chain has ended, all of it is refused.
        let ends_at = chain.iter().filter_map(|one| ends_at(one)).min();
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(|error| format!("{certificate} and {key} cannot be used together: {error}"))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), ends_at })
    }
}

/// Swaps the certificate of a listener that is in use.
#[derive(Clone, Debug)]
pub struct CertificateHandle {
    slot: Arc<TlsSlot>,
    address: SocketAddr,
}

impl CertificateHandle {
    /// Where the listener is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the next handshake on; connections that are open stay as they are.
    pub fn swap(&self, certificate: Certificate) {
        self.slot.0.store(Arc::new(certificate));
    }

    /// When the first certificate of the chain ends that does, if that can be read.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        self.slot.0.load().ends_at
    }
}

/// Binds an address for other than callers, or takes the inherited socket that has it.
pub fn bind_or_inherit(
    address: SocketAddr,
    inherited: &mut InheritedSockets,
) -> Result<TcpListener, BindFailure> {
    inherited.take(address).map_or_else(|| bind_tcp(address), Ok)
}

/// Binds an address. No other process may listen on it: a second gateway by mistake must be told. (`SO_REUSEADDR` only
/// lets a restart take the address back from connections that are still closing; `SO_REUSEPORT` is what we refuse.)
fn bind_tcp(address: SocketAddr) -> Result<TcpListener, BindFailure> {
    let bind = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    bind().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => BindFailure::Taken(address),
        _ => BindFailure::System(address, error),
    })
}
