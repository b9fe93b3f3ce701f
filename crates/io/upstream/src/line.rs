//! One way to a provider: a base URL with all that requests over it have in common, worked out once.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use domain::{BaseUrl, ProxyUrl, Secret};
use http::HeaderName;
use providers::Auth;
use rustls::pki_types::ServerName;

use crate::pace::ConnectPace;

/// What a line is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct LineOptions {
    /// The provider it belongs to, as counts are reported.
    pub provider: u16,
    /// Where it leads.
    pub base: BaseUrl,
    /// The provider's region it leads to.
    pub region: Option<String>,
    /// Who pays; none for keyless servers.
    pub credential: Option<Secret>,
    /// Where the credential stands.
    pub auth: Auth,
    /// Sent with every request that does not bring a header of the same name, in lower case.
    pub usual_headers: &'static [(&'static str, &'static str)],
    /// The proxy on the way; its tunnel is used for `http` as well as for `https`.
    pub proxy: Option<ProxyUrl>,
    /// Where connections leave from; `None` for the system's choice.
    pub source_address: Option<IpAddr>,
    /// How long opening a connection may take, name, proxy and TLS included.
    pub connect_limit: Duration,
    /// How long the addresses of a host name are used before they are looked up again.
    pub dns_fresh: Duration,
    /// How long after that, while looking up fails.
    pub dns_stale: Duration,
    /// Idle connections kept by each worker.
    pub idle_connections_max: usize,
    /// Of these so many are opened ahead of requests.
    pub warm_connections: usize,
    /// How long an idle connection is kept. Providers close theirs after a minute or more; being first avoids a race.
    pub idle_limit: Duration,
}

impl LineOptions {
    /// For one exchange with a server that is no provider: nothing is kept of it.
    pub const fn for_one_exchange(base: BaseUrl, connect_limit: Duration) -> Self {
        Self {
            provider: 0,
            base,
            region: None,
            credential: None,
            auth: Auth::Bearer,
            usual_headers: &[],
            proxy: None,
            source_address: None,
            connect_limit,
            dns_fresh: Duration::ZERO,
            dns_stale: Duration::ZERO,
            idle_connections_max: 0,
            warm_connections: 0,
            idle_limit: Duration::ZERO,
        }
    }
}

/// A line in use. It lives as long as a request or connection needs it, also across a reload.
pub struct Line {
    options: LineOptions,
    /// Differs for every line ever made, so that a pool never mixes two generations.
    id: u64,
    /// Its place in every worker's pool.
    slot: u16,
    tls_name: Option<ServerName<'static>>,
    /// `host: …` and the credential's header, ready to be sent.
    fixed_headers: Vec<u8>,
    /// How long it takes until it can be used, and the TCP connection alone.
    pace: ConnectPace,
    tcp_pace: ConnectPace,
    /// How often its open connections were given up.
    renewals: AtomicU32,
}

impl Line {
    /// Prepares a line with its own `slot` in the pools; `Err` says why the host or credential cannot be used.
    pub fn new(options: LineOptions, slot: u16) -> Result<Arc<Self>, String> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let tls_name = if options.base.is_tls() {
            let host = options.base.host().to_owned();
            Some(
                ServerName::try_from(host)
                    .map_err(|_| format!("{} is no host name for TLS", options.base.host()))?,
            )
        } else {
            None
        };
        let mut fixed_headers = format!("host: {}\r\n", options.base.host_header()).into_bytes();
        if let Some(credential) = &options.credential {
            fixed_headers.extend(credential_line(options.auth, credential)?);
        }
        Ok(Arc::new(Self {
            options,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            slot,
            tls_name,
            fixed_headers,
            pace: ConnectPace::default(),
            tcp_pace: ConnectPace::default(),
            renewals: AtomicU32::new(0),
        }))
    }

    /// What it was made of.
    pub const fn options(&self) -> &LineOptions {
        &self.options
    }

    /// Where it leads.
    pub const fn base(&self) -> &BaseUrl {
        &self.options.base
    }

    pub(crate) const fn slot(&self) -> u16 {
        self.slot
    }

    /// Tells it apart from every other that there was or is.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// From when on a connection that is being opened is later than usual; `None` where nobody knows.
    pub fn late_after(&self) -> Option<Duration> {
        self.pace.late_after()
    }

    /// Gives up all connections that are open now, in every worker: nothing more is sent over them.
    pub fn renew_connections(&self) {
        self.renewals.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn renewals(&self) -> u32 {
        self.renewals.load(Ordering::Relaxed)
    }

    pub(crate) const fn pace(&self) -> &ConnectPace {
        &self.pace
    }

    pub(crate) const fn tcp_pace(&self) -> &ConnectPace {
        &self.tcp_pace
    }

    pub(crate) fn fixed_headers(&self) -> &[u8] {
        &self.fixed_headers
    }

    pub(crate) const fn usual_headers(&self) -> &'static [(&'static str, &'static str)] {
        self.options.usual_headers
    }

    /// Whose certificate is expected, for lines that speak TLS.
    pub(crate) const fn tls_name(&self) -> Option<&ServerName<'static>> {
        self.tls_name.as_ref()
    }
}

/// The fixed headers hold the credential: they may not be printed.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("id", &self.id).field("options", &self.options).finish_non_exhaustive()
    }
}

/// The line of a head that carries the credential.
fn credential_line(auth: Auth, credential: &Secret) -> Result<Vec<u8>, String> {
    if !credential.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the credential has a character that no header may carry".to_owned());
    }
    let before: &[u8] = match auth {
        Auth::Bearer => b"authorization: Bearer ",
        Auth::XApiKey => b"x-api-key: ",
        Auth::ApiKeyHeader => b"api-key: ",
    };
    Ok([before, credential.expose().as_bytes(), b"\r\n"].concat())
}

/// Whether a header may carry a credential: those of callers never travel on.
pub(crate) fn may_carry_credential(name: &HeaderName) -> bool {
    ["authorization", "x-api-key", "api-key", "x-goog-api-key"].contains(&name.as_str())
}
