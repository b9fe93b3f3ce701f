//! Fetching a picture or document that a caller names by its address, for providers that fetch nothing themselves. Only the
//! public internet is asked, and private networks that the operator names: else any caller could have this gateway ask
//! machines that only it can reach. The addresses that were checked are those that are connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use domain::{BaseUrl, Network, is_public};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, Uri};
use tokio::net::lookup_host;
use tokio::time::timeout;
use upstream::{Body, Client, Line, LineOptions, Reply, Request};

/// How long fetching one may take, redirects included.
const FETCH_LIMIT: Duration = Duration::from_secs(10);
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// How often a fetch is sent elsewhere.
const REDIRECTS_MAX: usize = 3;

/// What was found at an address.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    /// As its server calls it.
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

/// Where a medium may be fetched from.
#[derive(Debug)]
struct Place {
    base: BaseUrl,
    path: String,
}

/// Fetches what is at an address, if it is not larger than that; `Err` says why not, in words for the caller.
pub(crate) async fn fetch(url: &str, bytes_max: usize, private: &[Network]) -> Result<Fetched, String> {
    match timeout(FETCH_LIMIT, follow(url, bytes_max, private)).await {
        Ok(fetched) => fetched,
        Err(_) => Err(format!("did not come within {} s", FETCH_LIMIT.as_secs())),
    }
}

/// Whether an address may be given to anybody to fetch from, as far as its text tells.
pub(crate) fn check(url: &str, private: &[Network]) -> Result<(), String> {
    place(url, private).map(drop)
}

async fn follow(url: &str, bytes_max: usize, private: &[Network]) -> Result<Fetched, String> {
    let mut place = place(url, private)?;
    for _ in 0..=REDIRECTS_MAX {
        let reply = ask(&place, private).await?;
        if !reply.status.is_redirection() {
            return take(reply, bytes_max).await;
        }
        let to = header(&reply, &LOCATION).ok_or("is redirected to nowhere")?;
        place = redirected(&place, to, private)?;
    }
    Err(format!("is redirected more than {REDIRECTS_MAX} times"))
}

fn place(url: &str, private: &[Network]) -> Result<Place, String> {
    let unfit = "must be an http:// or https:// address without user name and password";
    let uri: Uri = url.parse().map_err(|_| unfit)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(unfit.into());
    };
    let base = BaseUrl::parse(&format!("{scheme}://{authority}")).map_err(|_| unfit)?;
    let host = base.host();
    let is_inside = match host.parse::<IpAddr>() {
        Ok(address) => !is_allowed(address, private),
        // Names for this machine and this network, whatever a resolver makes of them.
        Err(_) => private.is_empty() && is_inner_name(host),
    };
    if is_inside {
        return Err(format!("is at {host}, which is not of the public internet"));
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Ok(Place { base, path })
}

fn is_inner_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    // Addresses in forms that only some read: `127.1`, `0177.0.0.1`, `127.0.0.0x1`. No name of the public internet ends so.
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        return true;
    }
    !host.contains('.') || [".localhost", ".local", ".internal"].iter().any(|end| host.ends_with(end))
}

fn is_allowed(address: IpAddr, private: &[Network]) -> bool {
    is_public(address) || private.iter().any(|network| network.contains(address))
}

fn redirected(from: &Place, to: &str, private: &[Network]) -> Result<Place, String> {
    if to.starts_with('/') && !to.starts_with("//") {
        return Ok(Place { base: from.base.clone(), path: to.to_owned() });
    }
    place(to, private).map_err(|why| format!("is redirected to an address that {why}"))
}

async fn ask(place: &Place, private: &[Network]) -> Result<Reply, String> {
    let options = LineOptions::for_one_exchange(place.base.clone(), CONNECT_LIMIT);
    let line = Line::new(options, 0).map_err(|_| "has a host name that TLS does not know")?;
    // Of one use: no connection is kept, and no name remembered.
    let client = Client::with_resolver(resolver(private.to_vec()));
    let headers = [
        (HeaderName::from_static("accept"), HeaderValue::from_static("image/*, application/pdf, */*;q=0.5")),
        (HeaderName::from_static("user-agent"), HeaderValue::from_static("bellwether")),
    ];
    let headers = headers.iter().map(|(name, value)| (name, value));
    let request = Request::new(&line, "GET", &place.path, headers, Body::Pieces(&[]));
    // The words of the system would tell a caller what our network looks like.
    client
        .send(&line, &request, None)
        .await
        .map_err(|_| format!("cannot be fetched from {}", place.base.host()))
}

/// The addresses of a name that may be asked; with none left, the name is as good as unknown.
fn resolver(private: Vec<Network>) -> upstream::Resolver {
    Rc::new(move |host| {
        let (host, private) = (host.to_owned(), private.clone());
        Box::pin(async move {
            let found = lookup_host((host.as_str(), 0)).await?;
            let found: Vec<IpAddr> = found
                .map(|address: SocketAddr| address.ip())
                .filter(|address| is_allowed(*address, &private))
                .collect();
            if found.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(found) }
        })
    })
}

async fn take(reply: Reply, bytes_max: usize) -> Result<Fetched, String> {
    if !reply.status.is_success() {
        return Err(format!("answers {}", reply.status.as_u16()));
    }
    let media_type = header(&reply, &CONTENT_TYPE).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut body = reply.body;
    let bytes = body.collect(bytes_max).await.map_err(|_| "breaks off")?;
    let bytes = bytes.ok_or_else(|| format!("has more than {bytes_max} bytes"))?;
    if bytes.is_empty() {
        return Err("is empty".into());
    }
    Ok(Fetched { media_type, bytes })
}

fn header<'a>(reply: &'a Reply, name: &HeaderName) -> Option<&'a str> {
    let (_, value) = reply.headers.iter().find(|(given, _)| given == name)?;
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::{check, fetch};

    #[test]
    fn only_public_places_pass() {
        for url in ["https://example.com/a.png", "http://8.8.8.8/a?b=c", "https://[2606:4700::1111]:8443/"] {
            assert_eq!(check(url, &[]), Ok(()), "{url}");
        }
        for url in [
            "http://127.0.0.1/a.png",
            "http://169.254.169.254/latest/meta-data",
            "http://[::1]:4000/",
            "http://[::ffff:10.0.0.1]/",
            "http://localhost/a",
            "http://db/a",
            "http://127.1/a",
            "http://0177.0.0.1/a",
            "http://0x7f.0.0.0x1/a",
            "http://127.0.0.1./a",
            "http://metadata.google.internal/",
            "http://printer.local./",
            "http://user@example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "//example.com/a",
            "/a.png",
            "",
        ] {
            assert!(check(url, &[]).is_err(), "{url}");
        }
        let private = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(check("http://10.1.2.3/a.png", &private), Ok(()));
        assert!(check("http://192.168.0.1/a.png", &private).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_followed() {
        let private = ["192.0.2.0/24".parse().unwrap()];
        let why = fetch("http://localhost:9/a.png", 1, &private).await.unwrap_err();
        assert_eq!(why, "cannot be fetched from localhost");
    }
}
