//! The proxy that the environment names: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, but for what `NO_PROXY` leaves out.
//!
//! Small letters go before capitals, as curl has it. This machine itself is never reached through it, and
//! capital `HTTP_PROXY` means nothing to a process that a web server started (`REQUEST_METHOD`): there a
//! caller's header `Proxy:` would have set it (as Go's net/http has both).

use domain::{BaseUrl, ProxyUrl};

use super::no_proxy;
use super::proxy_flaw::{NOT_SHOWN, hint};
use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::sources::Sources;

/// Told by a web server to the programs it starts.
const CGI_VARIABLE: &str = "REQUEST_METHOD";

/// The proxy for `base_url`, if there is one. A variable that is used and cannot be read is told once.
pub(super) fn find(base_url: &BaseUrl, sources: &Sources<'_>, report: &mut Report) -> Option<ProxyUrl> {
    if no_proxy::is_this_machine(base_url.host()) {
        return None;
    }
    let (name, text) = sources.first_variable(variables(base_url.is_tls(), sources))?;
    let exceptions = sources.first_variable(&["no_proxy", "NO_PROXY"]).map(|(_, list)| list);
    if exceptions.is_some_and(|list| no_proxy::leaves_out(&list, base_url.host(), base_url.port())) {
        return None;
    }
    let path = KeyPath::named(name);
    if report.is_broken(&path) {
        return None;
    }
    // `host:port` alone has always meant HTTP here.
    let url = if text.contains("://") { text } else { format!("http://{text}") };
    match ProxyUrl::parse(&url) {
        Ok(proxy) => {
            let (host, port) = (base_url.host(), base_url.port());
            report
                .note_once(format!("{host}:{port} is reached through the proxy {} ({name})", proxy.place()));
            Some(proxy)
        }
        Err(error) => {
            report.add_outside(name, NOT_SHOWN, error.to_string(), hint(&url, error));
            report.mark_broken(&path);
            None
        }
    }
}

fn variables(is_tls: bool, sources: &Sources<'_>) -> &'static [&'static str] {
    if is_tls {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else if sources.variable(CGI_VARIABLE).is_some() {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
    }
}
