//! `listeners`: where callers connect, and the certificates of those with TLS. Opening sockets and reading PEM are
//! done elsewhere; here a file must only look like what it is said to be.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::Secret;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;
use crate::sources::Sources;

/// Where callers connect unless configured.
pub const LISTEN_DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4000);

/// Where callers connect if neither flag nor file says it: for images, whose own loopback nobody reaches.
const LISTEN_DEFAULT_VARIABLE: &str = "BELLWETHER_LISTEN_DEFAULT";

/// One address.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListenerEntry {
    /// Address and port, such as 127.0.0.1:4000, 0.0.0.0:443 or [::]:443. Port 0 takes a free one.
    address: String,
    /// Certificate, for HTTPS. HTTP/2 comes with it.
    tls: Option<TlsEntry>,
}

/// The two files of a certificate, in PEM. They are read again when the configuration is reloaded.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsEntry {
    /// File with the certificate and those that link it to a known authority.
    certificate: String,
    /// File with its private key, not encrypted.
    key: String,
}

/// An address to listen on.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// Present for HTTPS.
    pub tls: Option<Tls>,
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// File of the certificate chain, as configured.
    pub certificate: PathBuf,
    /// File of the private key, as configured.
    pub key: PathBuf,
    /// What was in the first.
    pub certificate_pem: String,
    /// What was in the second.
    pub key_pem: Secret,
}

/// Every address to listen on: the flag's, else the file's, else the default.
pub(crate) fn check(
    entries: Option<Vec<ListenerEntry>>,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Vec<Listener> {
    let path = KeyPath::default().key("listeners");
    let mut listeners: Vec<Listener> = Vec::new();
    for (place, entry) in entries.into_iter().flatten().enumerate() {
        let path = path.index(place);
        let tls = entry.tls.and_then(|tls| read_tls(tls, &path.key("tls"), sources, report));
        let Some(address) = address(&entry.address, &path.key("address"), report) else { continue };
        if address.port() != 0 && listeners.iter().any(|listener| listener.address == address) {
            report.add(&path.key("address"), entry.address, "is listed twice", None);
        }
        listeners.push(Listener { address, tls });
    }
    if let Some(given) = &sources.overrides.listen {
        if !listeners.is_empty() {
            report
                .note(format!("--listen or BELLWETHER_LISTEN, {given}, replaces the listeners of the file"));
        }
        return outside("--listen", given, report).into_iter().collect();
    }
    if listeners.is_empty() {
        listeners.extend(default(sources, report));
    }
    listeners
}

/// Where the surroundings say so, as an image does, else on this machine only.
fn default(sources: &Sources<'_>, report: &mut Report) -> Option<Listener> {
    let Some(given) = sources.variable(LISTEN_DEFAULT_VARIABLE) else {
        return Some(Listener { address: LISTEN_DEFAULT, tls: None });
    };
    outside(LISTEN_DEFAULT_VARIABLE, &given, report)
}

/// An address from outside the file, without TLS.
fn outside(name: &str, given: &str, report: &mut Report) -> Option<Listener> {
    match given.parse() {
        Ok(address) => Some(Listener { address, tls: None }),
        Err(_) => {
            report.add_outside(name, shown::text(given), ADDRESS_MESSAGE, address_hint(given));
            None
        }
    }
}

const ADDRESS_MESSAGE: &str = "must be an address and a port";

/// An address and a port, or a problem.
pub(crate) fn address(text: &str, path: &KeyPath, report: &mut Report) -> Option<SocketAddr> {
    let address = text.parse().ok();
    if address.is_none() {
        report.add(path, shown::text(text), ADDRESS_MESSAGE, address_hint(text));
    }
    address
}

/// What was probably meant.
fn address_hint(text: &str) -> String {
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let port: Option<u16> = port.parse().ok();
    match (host, port) {
        ("", Some(port)) => format!("write 127.0.0.1:{port} for this machine only, 0.0.0.0:{port} for all"),
        ("localhost", Some(port)) => format!("write 127.0.0.1:{port}"),
        ("*", Some(port)) => format!("write 0.0.0.0:{port}"),
        (host, Some(port)) if host.contains(':') && !host.starts_with('[') => {
            format!("write [{host}]:{port}")
        }
        _ => format!("write one such as {LISTEN_DEFAULT}"),
    }
}

fn read_tls(entry: TlsEntry, path: &KeyPath, sources: &Sources<'_>, report: &mut Report) -> Option<Tls> {
    let certificate = read_pem(&entry.certificate, &path.key("certificate"), sources, report);
    let key = read_pem(&entry.key, &path.key("key"), sources, report);
    let (certificate_pem, key_pem) = (certificate?, key?);
    if !certificate_pem.contains("-----BEGIN CERTIFICATE-----") {
        let hint = key_pem
            .contains("-----BEGIN CERTIFICATE-----")
            .then(|| "certificate and key may be the wrong way round".to_owned());
        report.add(
            &path.key("certificate"),
            shown::path(&entry.certificate),
            "the file holds no PEM certificate",
            hint,
        );
    }
    if key_pem.contains("ENCRYPTED") {
        let hint = "write it without a password: openssl pkey -in encrypted.pem -out key.pem".to_owned();
        report.add(&path.key("key"), shown::path(&entry.key), "the file's private key is encrypted", hint);
    } else if !key_pem.contains("PRIVATE KEY-----") {
        report.add(&path.key("key"), shown::path(&entry.key), "the file holds no PEM private key", None);
    }
    Some(Tls {
        certificate: entry.certificate.into(),
        key: entry.key.into(),
        certificate_pem,
        key_pem: Secret::new(key_pem),
    })
}

fn read_pem(file: &str, path: &KeyPath, sources: &Sources<'_>, report: &mut Report) -> Option<String> {
    if file.is_empty() {
        report.add(path, "nothing", "names no file", None);
        return None;
    }
    (sources.read_file)(Path::new(file))
        .map_err(|error| {
            report.add(path, shown::path(file), format!("cannot read the file: {error}"), None);
        })
        .ok()
}
