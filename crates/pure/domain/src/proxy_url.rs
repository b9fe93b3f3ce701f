//! A proxy on the way to a provider: where it is, how it is spoken to, and the login it asks for. Speaking to it is done
//! elsewhere.

use std::net::IpAddr;

use crate::secret::Secret;

/// Longest user name and longest password that SOCKS5 has room for (RFC 1929).
const SOCKS_LOGIN_BYTES_MAX: usize = 255;
/// Longest host name (RFC 1035).
const HOST_BYTES_MAX: usize = 253;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyProtocol {
    /// HTTP with CONNECT; the proxy looks the name up.
    Http,
    /// SOCKS5; we look the name up and hand over an address.
    Socks5,
    /// SOCKS5; the proxy looks the name up.
    Socks5h,
}

impl ProxyProtocol {
    const fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    const fn usual_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Socks5 | Self::Socks5h => 1080,
        }
    }
}

/// What a proxy is told to let us in.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyLogin {
    /// The user name. Vendors of proxies hide tokens in it, so it is as secret as the password.
    pub user: Secret,
    /// The password; may be empty for HTTP.
    pub password: Secret,
}

/// `scheme://[user:password@]host[:port]`, where user and password may be percent-encoded.
#[derive(Clone, PartialEq)]
pub struct ProxyUrl {
    protocol: ProxyProtocol,
    host: String,
    port: u16,
    login: Option<ProxyLogin>,
}

/// Why a text is no proxy. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyUrlError {
    /// No scheme, or one that is not spoken here.
    Scheme,
    /// TLS to the proxy itself.
    TlsToProxy,
    /// No host, or one with odd characters.
    Host,
    /// No port from 1 to 65535.
    Port,
    /// Something follows the port.
    Path,
    /// A percent sign without two hexadecimal digits, or text that is not UTF-8.
    Encoding,
    /// A user name or password that the protocol cannot carry.
    Login,
}

impl std::fmt::Display for ProxyUrlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Scheme => "must start with http://, socks5:// or socks5h://",
            Self::TlsToProxy => "TLS to the proxy itself (https://) is not spoken here",
            Self::Host => "names no host",
            Self::Port => "the port must be a number from 1 to 65535",
            Self::Path => "must end with the port: no path, ? or #",
            Self::Encoding => "a % in user or password must be followed by two hexadecimal digits",
            Self::Login => "its user name or password cannot be sent to such a proxy",
        })
    }
}

impl std::error::Error for ProxyUrlError {}

impl ProxyUrl {
    /// Reads and checks a proxy's URL. Without a port: 80 for HTTP, 1080 for SOCKS5.
    pub fn parse(text: &str) -> Result<Self, ProxyUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(ProxyUrlError::Scheme)?;
        let protocol = match scheme.to_ascii_lowercase().as_str() {
            "http" => ProxyProtocol::Http,
            "socks5" => ProxyProtocol::Socks5,
            "socks5h" => ProxyProtocol::Socks5h,
            "https" => return Err(ProxyUrlError::TlsToProxy),
            _ => return Err(ProxyUrlError::Scheme),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        if !matches!(&rest[end..], "" | "/") {
            return Err(ProxyUrlError::Path);
        }
        let (login, place) = match rest[..end].rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, &rest[..end]),
        };
        let (host, port) = split_place(place)?;
        let login =
            login.filter(|text| !text.is_empty()).map(|text| read_login(text, protocol)).transpose()?;
        let port = port.map_or(Ok(protocol.usual_port()), read_port)?;
        Ok(Self { protocol, host: host.to_ascii_lowercase(), port, login })
    }

    /// How it is spoken to.
    pub const fn protocol(&self) -> ProxyProtocol {
        self.protocol
    }

    /// Host name or address; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The given port, else the usual one.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What it is told to let us in.
    pub const fn login(&self) -> Option<&ProxyLogin> {
        self.login.as_ref()
    }

    /// Host and port: what may be shown to an operator.
    pub fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// The login is told to the proxy and to nobody else.
impl std::fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let login = if self.login.is_some() { "…@" } else { "" };
        write!(f, "{}://{login}{}", self.protocol.scheme(), self.place())
    }
}

impl std::fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

/// Host and port text; brackets belong around an IPv6 address and nowhere else.
fn split_place(place: &str) -> Result<(&str, Option<&str>), ProxyUrlError> {
    let (host, after) = match place.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').ok_or(ProxyUrlError::Host)?,
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let is_host = if place.starts_with('[') {
        host.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6())
    } else {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        !host.is_empty() && host.len() <= HOST_BYTES_MAX && host.bytes().all(is_plain)
    };
    if !is_host {
        return Err(ProxyUrlError::Host);
    }
    match after.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if after.is_empty() => Ok((host, None)),
        None => Err(ProxyUrlError::Host),
    }
}

fn read_port(text: &str) -> Result<u16, ProxyUrlError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port > 0).ok_or(ProxyUrlError::Port)
}

fn read_login(text: &str, protocol: ProxyProtocol) -> Result<ProxyLogin, ProxyUrlError> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let (user, password) = (percent_decoded(user)?, percent_decoded(password)?);
    let fits = match protocol {
        // Basic authentication ends the user name at the first colon and takes no control characters (RFC 7617).
        ProxyProtocol::Http => {
            !user.contains(':') && !user.chars().chain(password.chars()).any(char::is_control)
        }
        ProxyProtocol::Socks5 | ProxyProtocol::Socks5h => {
            [&user, &password].iter().all(|text| (1..=SOCKS_LOGIN_BYTES_MAX).contains(&text.len()))
        }
    };
    if !fits {
        return Err(ProxyUrlError::Login);
    }
    Ok(ProxyLogin { user: Secret::new(user), password: Secret::new(password) })
}

fn percent_decoded(text: &str) -> Result<String, ProxyUrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
            let (high, low) = digit().zip(digit()).ok_or(ProxyUrlError::Encoding)?;
            (high * 16 + low) as u8
        } else {
            byte
        });
    }
    String::from_utf8(bytes).map_err(|_| ProxyUrlError::Encoding)
}

#[cfg(test)]
mod tests {
    use super::{ProxyProtocol, ProxyUrl, ProxyUrlError};

    /// The proxy, its login shown as `user:password`.
    fn taken_apart(text: &str) -> (ProxyProtocol, String, Option<String>) {
        let proxy = ProxyUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let login = proxy.login().map(|login| format!("{}:{}", login.user.expose(), login.password.expose()));
        (proxy.protocol(), proxy.place(), login)
    }

    #[test]
    fn urls_are_taken_apart() {
        let check = |text, protocol, place: &str, login: Option<&str>| {
            assert_eq!(taken_apart(text), (protocol, place.to_owned(), login.map(str::to_owned)), "{text}");
        };
        check("http://proxy.example:3128", ProxyProtocol::Http, "proxy.example:3128", None);
        check("HTTP://Proxy.Example/", ProxyProtocol::Http, "proxy.example:80", None);
        check("socks5://10.0.0.1", ProxyProtocol::Socks5, "10.0.0.1:1080", None);
        check("socks5h://[::1]:9050", ProxyProtocol::Socks5h, "[::1]:9050", None);
        check("http://me:pw@h:1", ProxyProtocol::Http, "h:1", Some("me:pw"));
        check("http://me@h:1", ProxyProtocol::Http, "h:1", Some("me:"));
        check("http://@h:1", ProxyProtocol::Http, "h:1", None);
        check("http://me:p@ss:w@h:1", ProxyProtocol::Http, "h:1", Some("me:p@ss:w"));
        check("socks5://a%3Ab:%C3%A9%25%2f@h", ProxyProtocol::Socks5, "h:1080", Some("a:b:é%/"));
    }

    #[test]
    fn wrong_urls_say_why() {
        let check = |text: &str, error| assert_eq!(ProxyUrl::parse(text).err(), Some(error), "{text}");
        for text in ["", "proxy:3128", "ftp://h", "socks4://h", "socks://h", "://h"] {
            check(text, ProxyUrlError::Scheme);
        }
        check("https://h:443", ProxyUrlError::TlsToProxy);
        for text in ["http://", "http://:80", "http://me:pw@", "http://a b", "http://[::1", "http://[h]:1"] {
            check(text, ProxyUrlError::Host);
        }
        for text in ["http://h:", "http://h:0", "http://h:65536", "http://h:+1", "http://h:1:2", "http://::1"]
        {
            let error = ProxyUrl::parse(text).unwrap_err();
            assert!(matches!(error, ProxyUrlError::Port | ProxyUrlError::Host), "{text}: {error}");
        }
        for text in ["http://h/path", "http://h?x", "http://h:1#x"] {
            check(text, ProxyUrlError::Path);
        }
        for text in ["http://a%@h", "http://a%4@h", "http://%zz:b@h", "http://a:%ff@h"] {
            check(text, ProxyUrlError::Encoding);
        }
        check("http://a%3Ab:c@h", ProxyUrlError::Login);
        check("http://a:b%0d%0aevil@h", ProxyUrlError::Login);
        check("socks5://only-user@h", ProxyUrlError::Login);
        check(&format!("socks5://a:{}@h", "x".repeat(256)), ProxyUrlError::Login);
    }

    #[test]
    fn nothing_printed_holds_the_login() {
        let proxy = ProxyUrl::parse("http://tell-nobody:hunter2@proxy.example:3128").unwrap();
        let printed = format!("{proxy} {proxy:?} {}", proxy.place());
        assert!(!printed.contains("nobody") && !printed.contains("hunter"), "{printed}");
        assert_eq!(proxy.to_string(), "http://…@proxy.example:3128");
    }
}
