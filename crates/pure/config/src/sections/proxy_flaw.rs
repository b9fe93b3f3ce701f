//! How a proxy that cannot be used is told: without a part of its text, and with a way out. What is wrong is found elsewhere.

use domain::ProxyUrlError;

/// A proxy's URL may hold a password wherever it is broken, so no part of it is shown.
pub(super) const NOT_SHOWN: &str = "a proxy (not shown)";

/// What to do about a proxy that cannot be used.
pub(super) fn hint(text: &str, error: ProxyUrlError) -> Option<String> {
    let hint = match error {
        ProxyUrlError::Scheme if text.starts_with("socks4") => {
            "SOCKS4 is not spoken here; most such proxies speak socks5:// too"
        }
        ProxyUrlError::Scheme if text.starts_with("socks:") => "write socks5:// or socks5h://",
        ProxyUrlError::Scheme => {
            "write it like http://127.0.0.1:3128, or env:NAME, or none for no proxy at all"
        }
        ProxyUrlError::TlsToProxy => {
            "most proxies for https take http:// as well; what passes is under TLS anyway"
        }
        ProxyUrlError::Path | ProxyUrlError::Host | ProxyUrlError::Port if text.contains('@') => {
            "in user and password write / ? # @ : and % as %2F %3F %23 %40 %3A and %25"
        }
        ProxyUrlError::Encoding => "write a % that is part of a password as %25",
        ProxyUrlError::Login => {
            "SOCKS5 takes 1 to 255 bytes for each; HTTP takes no colon in the user and no control characters"
        }
        ProxyUrlError::Host | ProxyUrlError::Port | ProxyUrlError::Path => return None,
    };
    Some(hint.to_owned())
}
