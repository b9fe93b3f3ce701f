//! Where a request came from: its peer, or whom a trusted proxy names in `X-Forwarded-For`. `Forwarded` (RFC 7239) is
//! not read: two headers with the same claim are one too many, and every proxy writes this one.

use std::net::{IpAddr, SocketAddr};

use domain::Network;
use http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// Where a request came from, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The best that is known.
    pub(crate) address: IpAddr,
    /// False when the request came through a proxy that is not trusted, or that does not say for whom.
    pub(crate) is_certain: bool,
}

/// The origin of a request that `peer` sent. Of the addresses in the header the last one is what the nearest proxy saw,
/// the one before what the proxy before it saw; the first that no trusted proxy has is the caller, and what stands
/// before it is only his word.
pub(crate) fn origin(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Origin {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut lists = headers.get_all(FORWARDED_FOR).iter().peekable();
    let is_told = lists.peek().is_some();
    if !is_trusted(peer) || !is_told {
        return Origin { address: peer, is_certain: !is_told && !headers.contains_key(FORWARDED) };
    }
    let mut address = peer;
    for list in lists.rev() {
        for entry in list.as_bytes().rsplit(|byte| *byte == b',') {
            let Some(said) = parse(entry) else { return Origin { address, is_certain: false } };
            address = said;
            if !is_trusted(address) {
                return Origin { address, is_certain: true };
            }
        }
    }
    // Proxies all the way: the caller stands among them.
    Origin { address, is_certain: true }
}

/// An address as proxies write it: alone, in brackets, or with a port.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(with_port) = text.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Origin, origin};

    /// One line per case: trusted | peer | headers | address | is it certain.
    /// Headers: `for` is `X-Forwarded-For`, `std` is `Forwarded`; several are separated by `;`.
    const CASES: &str = "
                      | 8.8.8.8   |                               | 8.8.8.8      | yes
                      | 127.0.0.1 |                               | 127.0.0.1    | yes
                      | 127.0.0.1 | for 10.0.0.1                  | 127.0.0.1    | no
                      | 127.0.0.1 | std for=10.0.0.1              | 127.0.0.1    | no
        10.0.0.0/8    | 8.8.8.8   | for 127.0.0.1                 | 8.8.8.8      | no
        10.0.0.0/8    | 10.0.0.1  |                               | 10.0.0.1     | yes
        10.0.0.0/8    | 10.0.0.1  | std for=127.0.0.1             | 10.0.0.1     | no
        10.0.0.0/8    | 10.0.0.1  | for 8.8.8.8                   | 8.8.8.8      | yes
        10.0.0.0/8    | 10.0.0.1  | for 8.8.8.8;std for=127.0.0.1 | 8.8.8.8      | yes
        10.0.0.0/8    | ::ffff:10.0.0.1 | for 8.8.8.8             | 8.8.8.8      | yes
        10.0.0.0/8    | 10.0.0.1  | for 127.0.0.1, 8.8.8.8        | 8.8.8.8      | yes
        10.0.0.0/8    | 10.0.0.1  | for 8.8.8.8, 10.0.0.9         | 8.8.8.8      | yes
        10.0.0.0/8    | 10.0.0.1  | for 8.8.8.8;for 10.0.0.9      | 8.8.8.8      | yes
        10.0.0.0/8    | 10.0.0.1  | for 127.0.0.1;for 8.8.8.8     | 8.8.8.8      | yes
        10.0.0.0/8    | 10.0.0.1  | for 10.0.0.2, 10.0.0.9        | 10.0.0.2     | yes
        10.0.0.1      | 10.0.0.1  | for 8.8.8.8, 10.0.0.9         | 10.0.0.9     | yes
        10.0.0.0/8    | 10.0.0.1  | for garbage, 8.8.8.8          | 8.8.8.8      | yes
        10.0.0.0/8    | 10.0.0.1  | for 8.8.8.8, unknown          | 10.0.0.1     | no
        10.0.0.0/8    | 10.0.0.1  | for 8.8.8.8, unknown, 10.0.0.9 | 10.0.0.9    | no
        10.0.0.0/8    | 10.0.0.1  | for                           | 10.0.0.1     | no
        10.0.0.0/8    | 10.0.0.1  | for 8.8.8.8,                  | 10.0.0.1     | no
        10.0.0.0/8    | 10.0.0.1  | for localhost                 | 10.0.0.1     | no
        10.0.0.0/8    | 10.0.0.1  | for 8.8.8.8:5000              | 8.8.8.8      | yes
        10.0.0.0/8    | 10.0.0.1  | for 2001:db8::1               | 2001:db8::1  | yes
        10.0.0.0/8    | 10.0.0.1  | for [2001:db8::1]             | 2001:db8::1  | yes
        10.0.0.0/8    | 10.0.0.1  | for [2001:db8::1]:443         | 2001:db8::1  | yes
        fd00::/8      | fd00::7   | for 192.168.0.9               | 192.168.0.9  | yes
        0.0.0.0/0     | 8.8.8.8   | for 127.0.0.1                 | 127.0.0.1    | yes
    ";

    #[test]
    fn the_caller_is_the_nearest_whom_no_trusted_proxy_has() {
        for case in CASES.lines().filter(|line| !line.trim().is_empty()) {
            let parts: Vec<&str> = case.split('|').map(str::trim).collect();
            let [trusted, peer, headers, address, is_certain] = parts[..] else { panic!("no case: {case}") };
            let trusted: Vec<_> = trusted.split_whitespace().map(|text| text.parse().unwrap()).collect();
            let found = origin(peer.parse().unwrap(), &header_map(headers), &trusted);
            let expected = Origin { address: address.parse().unwrap(), is_certain: is_certain == "yes" };
            assert_eq!(found, expected, "{case}");
        }
    }

    fn header_map(text: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        for header in text.split(';').filter(|header| !header.is_empty()) {
            let (name, value) = header.split_once(' ').unwrap_or((header, ""));
            let name = if name == "for" { "x-forwarded-for" } else { "forwarded" };
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn bytes_that_are_no_text_are_no_address() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        let peer = "10.0.0.1".parse().unwrap();
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(origin(peer, &headers, &trusted), Origin { address: peer, is_certain: false });
    }
}
