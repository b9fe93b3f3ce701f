//! By which way requests leave for a provider: `proxy` and `source_address` of a provider or line. The line's word goes
//! before the provider's, and that before the environment's.

use std::net::IpAddr;

use domain::{BaseUrl, ProxyUrl};

use super::environment_proxy;
use super::proxy_flaw::{NOT_SHOWN, hint};
use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::secret_source::{is_reference, resolve};
use crate::shown;
use crate::sources::Sources;

/// What an entry says; `None` where it says nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct WayOut {
    proxy: Option<Choice>,
    source_address: Option<IpAddr>,
}

/// Whether a proxy is wanted.
#[derive(Clone, Debug)]
enum Choice {
    /// None, whatever the environment says.
    Direct,
    Through(ProxyUrl),
}

impl WayOut {
    /// Checks the two keys of the entry at `path`.
    pub(super) fn check(
        proxy: Option<&str>,
        source_address: Option<&str>,
        path: &KeyPath,
        sources: &Sources<'_>,
        report: &mut Report,
    ) -> Self {
        let proxy = proxy.map(|text| choice(text, &path.key("proxy"), sources, report));
        let source_address =
            source_address.and_then(|text| address(text, &path.key("source_address"), report));
        Self { proxy, source_address }
    }

    /// The same, with the provider's word where this one is silent.
    pub(super) fn or(self, provider: &Self) -> Self {
        Self {
            proxy: self.proxy.or_else(|| provider.proxy.clone()),
            source_address: self.source_address.or(provider.source_address),
        }
    }

    /// The proxy and the source address for `base_url`, with the environment's word where nobody else has spoken.
    pub(super) fn towards(
        self,
        base_url: &BaseUrl,
        sources: &Sources<'_>,
        report: &mut Report,
    ) -> (Option<ProxyUrl>, Option<IpAddr>) {
        let proxy = match self.proxy {
            Some(Choice::Direct) => None,
            Some(Choice::Through(proxy)) => Some(proxy),
            None => environment_proxy::find(base_url, sources, report),
        };
        (proxy, self.source_address)
    }
}

fn choice(text: &str, path: &KeyPath, sources: &Sources<'_>, report: &mut Report) -> Choice {
    let found = if is_reference(text) {
        resolve(text, path, sources, report).map(|credential| credential.secret.expose().to_owned())
    } else {
        Some(text.trim().to_owned())
    };
    // What could not be fetched was told.
    let Some(found) = found else { return Choice::Direct };
    if ["none", "direct"].iter().any(|word| found.eq_ignore_ascii_case(word)) {
        return Choice::Direct;
    }
    match ProxyUrl::parse(&found) {
        Ok(proxy) => {
            if proxy.login().is_some() && !is_reference(text) {
                report.note(format!(
                    "{} holds a login as plain text; env:NAME, file:/path or secret:NAME keeps it out of copies of the configuration",
                    path.text()
                ));
            }
            Choice::Through(proxy)
        }
        Err(error) => {
            report.add(path, NOT_SHOWN, error.to_string(), hint(&found, error));
            Choice::Direct
        }
    }
}

fn address(text: &str, path: &KeyPath, report: &mut Report) -> Option<IpAddr> {
    let parsed = text.trim().parse();
    if parsed.is_err() {
        let hint = "write an address of this machine without a port, such as 192.0.2.7".to_owned();
        report.add(path, shown::text(text), "must be an IP address", hint);
    }
    parsed.ok()
}
