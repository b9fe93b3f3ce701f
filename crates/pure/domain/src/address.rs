//! Where a provider is reached: a checked base URL, taken apart once.

use http::Uri;
use http::uri::{Authority, Scheme};

/// `scheme://host[:port][/path]` without query, fragment or user information.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    is_tls: bool,
    authority: Authority,
    path: String,
}

/// Why a text is no base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseUrlError {
    /// Not a URL at all.
    NotAUrl,
    /// Neither `http://` nor `https://`.
    Scheme,
    /// A user name or password stands before the host.
    UserInfo,
    /// A query or fragment follows the path.
    Query,
}

impl std::fmt::Display for BaseUrlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotAUrl => "is not a URL such as https://api.example.com/v1",
            Self::Scheme => "must start with http:// or https://",
            Self::UserInfo => "must not hold a user name or password; use credentials",
            Self::Query => "must end with the path, without ? or #",
        })
    }
}

impl std::error::Error for BaseUrlError {}

impl BaseUrl {
    /// Reads and checks a base URL; a trailing slash is dropped.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        if text.contains(['?', '#']) {
            return Err(BaseUrlError::Query);
        }
        let uri: Uri = text.parse().map_err(|_| BaseUrlError::NotAUrl)?;
        let is_tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(BaseUrlError::Scheme),
        };
        let authority = uri.authority().ok_or(BaseUrlError::NotAUrl)?.clone();
        if authority.as_str().contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let has_port_text = authority.as_str().len() > authority.host().len();
        if authority.host().is_empty() || (has_port_text && authority.port_u16().is_none()) {
            return Err(BaseUrlError::NotAUrl);
        }
        Ok(Self { is_tls, authority, path: uri.path().trim_end_matches('/').to_owned() })
    }

    /// The same host without a path.
    #[must_use]
    pub fn without_path(&self) -> Self {
        Self { path: String::new(), ..self.clone() }
    }

    /// Whether TLS is spoken.
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Host name or address; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }

    /// The given port, else the scheme's own.
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.is_tls { 443 } else { 80 })
    }

    /// What belongs in a `Host` header.
    pub fn host_header(&self) -> &str {
        self.authority.as_str()
    }

    /// The path that every request's own path is appended to; empty or starting with a slash, never ending with one.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl std::fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", if self.is_tls { "https" } else { "http" }, self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::{BaseUrl, BaseUrlError};

    #[test]
    fn urls_are_taken_apart() {
        let url = BaseUrl::parse("https://api.example.com/v1/").unwrap();
        assert_eq!((url.host(), url.port(), url.path(), url.is_tls()), ("api.example.com", 443, "/v1", true));
        assert_eq!(url.to_string(), "https://api.example.com/v1");
        let url = BaseUrl::parse("http://[::1]:8080").unwrap();
        assert_eq!((url.host(), url.port(), url.path(), url.host_header()), ("::1", 8080, "", "[::1]:8080"));
    }

    #[test]
    fn wrong_urls_say_why() {
        let check = |text, error| assert_eq!(BaseUrl::parse(text), Err(error), "{text}");
        check("api.example.com/v1", BaseUrlError::NotAUrl);
        check("ftp://example.com", BaseUrlError::Scheme);
        check("https://me:pw@example.com", BaseUrlError::UserInfo);
        check("https://example.com/v1?x=1", BaseUrlError::Query);
        check("http://example.com:99999", BaseUrlError::NotAUrl);
        check("", BaseUrlError::NotAUrl);
    }
}
