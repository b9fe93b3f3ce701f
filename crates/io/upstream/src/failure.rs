//! What can go wrong between us and a provider, before its answer and within it.

use std::io;
use std::net::IpAddr;

/// No answer head came.
#[derive(Debug, thiserror::Error)]
pub enum SendFailure {
    /// The host name has no address.
    #[error("cannot resolve {host}: {error}")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        error: io::Error,
    },
    /// No connection.
    #[error("cannot connect to {host}: {error}")]
    Connect {
        /// Host and port.
        host: String,
        /// What the system said.
        error: io::Error,
    },
    /// The connection was not there in time.
    #[error("no connection to {host} within {limit_ms} ms")]
    ConnectTimeout {
        /// Host and port.
        host: String,
        /// The limit that fired.
        limit_ms: u64,
    },
    /// The proxy on the way lets nothing through.
    #[error("the proxy {proxy} {problem}")]
    Proxy {
        /// Host and port of the proxy.
        proxy: String,
        /// Why not.
        problem: ProxyProblem,
    },
    /// Connections cannot leave from the configured address.
    #[error("cannot leave from {address}: {error}")]
    Source {
        /// The source address.
        address: IpAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The connection is there, TLS is not.
    #[error("TLS with {host} failed: {error}")]
    Tls {
        /// Host and port.
        host: String,
        /// What rustls said.
        error: io::Error,
    },
    /// The connection broke before the first byte of an answer.
    #[error("the connection broke before an answer: {error}")]
    Broken {
        /// What the system said.
        error: io::Error,
        /// Whether the connection had carried an earlier request: it may have been closed for age, unseen.
        was_reused: bool,
    },
    /// What came is no HTTP answer.
    #[error("not an HTTP answer: {0}")]
    NotHttp(&'static str),
    /// The request's own body, in a file, cannot be read: not the provider's fault.
    #[error("the request's body cannot be read: {0}")]
    Body(io::Error),
}

impl SendFailure {
    /// Whether not one byte of the request can have reached the provider's application.
    pub const fn is_unsent(&self) -> bool {
        matches!(
            self,
            Self::Resolve { .. }
                | Self::Connect { .. }
                | Self::ConnectTimeout { .. }
                | Self::Proxy { .. }
                | Self::Source { .. }
                | Self::Tls { .. }
        )
    }
}

/// Why a proxy lets nothing through. What it says in free text is not repeated: it might quote the login.
#[derive(Debug, thiserror::Error)]
pub enum ProxyProblem {
    /// Its name has no address.
    #[error("cannot be resolved: {0}")]
    Unresolved(io::Error),
    /// It takes no connection.
    #[error("cannot be reached: {0}")]
    Unreachable(io::Error),
    /// It does not want to: the status or reply it gave.
    #[error("refused: {0}")]
    Refused(String),
    /// It cannot reach the provider.
    #[error("found no way to the host: {0}")]
    NoWay(String),
    /// The connection ended or broke within the greeting.
    #[error("broke off: {0}")]
    Broke(io::Error),
    /// It speaks something else.
    #[error("does not answer as a proxy: {0}")]
    NotAProxy(&'static str),
}

/// The answer broke off.
#[derive(Debug, thiserror::Error)]
pub enum BodyFailure {
    /// The connection ended or broke before the answer was whole.
    #[error("the answer was cut off: {0}")]
    Cut(io::Error),
    /// The framing of the answer is broken.
    #[error("the answer is not framed as HTTP: {0}")]
    Framing(&'static str),
}
