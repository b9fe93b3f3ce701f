//! `NO_PROXY`: the list of hosts that are reached without the environment's proxy. Names are compared as they are
//! written; nothing is looked up.

use std::net::IpAddr;

/// Whether the host is the machine that asks.
pub(super) fn is_this_machine(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    name.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
}

/// Whether `list` leaves `host` and `port` out. Entries are parted by commas or spaces: `*` for all, a domain for
/// itself and all below it (with or without a leading dot or `*.`), an address, a range (`10.0.0.0/8`); a name
/// or an address may name one port. What cannot be read leaves nothing out.
pub(super) fn leaves_out(list: &str, host: &str, port: u16) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let address = host.parse().ok().map(|address: IpAddr| address.to_canonical());
    let mut entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    entries.any(|entry| match address {
        _ if entry == "*" => true,
        Some(address) => covers_address(entry, address, port),
        None => covers_name(&entry.to_ascii_lowercase(), &host, port),
    })
}

fn covers_name(entry: &str, host: &str, port: u16) -> bool {
    let (name, wanted_port) = match entry.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (entry, None),
    };
    let name = name.strip_prefix('*').unwrap_or(name);
    let name = name.strip_prefix('.').unwrap_or(name);
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_below = || host.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    is_port(wanted_port, port) && !name.is_empty() && (host == name || is_below())
}

fn covers_address(entry: &str, address: IpAddr, port: u16) -> bool {
    if let Some((network, bits)) = entry.split_once('/') {
        return bits.parse().is_ok_and(|bits| is_within(network, bits, address));
    }
    if let Some(listed) = listed_address(entry) {
        return listed == address;
    }
    let Some((listed, wanted_port)) = entry.rsplit_once(':') else { return false };
    is_port(Some(wanted_port), port) && listed_address(listed) == Some(address)
}

/// An address, where brackets may stand around one of IPv6.
fn listed_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

fn is_port(wanted: Option<&str>, port: u16) -> bool {
    wanted.is_none_or(|wanted| wanted.parse() == Ok(port))
}

fn is_within(network: &str, bits: u32, address: IpAddr) -> bool {
    match (network.parse(), address) {
        (Ok(IpAddr::V4(network)), IpAddr::V4(address)) if bits <= 32 => {
            let differing = network.to_bits() ^ address.to_bits();
            differing.checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (Ok(IpAddr::V6(network)), IpAddr::V6(address)) if bits <= 128 => {
            let differing = network.to_bits() ^ address.to_bits();
            differing.checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_this_machine, leaves_out};

    /// list | host:port | whether it is left out
    const CASES: &str = "
*                         | api.example.com:443    | yes
a.com, *                  | api.example.com:443    | yes
example.com               | example.com:443        | yes
example.com               | api.example.com:443    | yes
example.com               | badexample.com:443     | no
example.com               | example.com.cn:443     | no
.example.com              | api.example.com:443    | yes
.example.com              | example.com:443        | yes
*.example.com             | api.example.com:443    | yes
EXAMPLE.com               | Api.Example.COM:443    | yes
example.com.              | example.com:443        | yes
example.com               | example.com.:443       | yes
api.example.com           | example.com:443        | no
a.com,b.com , example.com | example.com:443        | yes
a.com b.com               | b.com:443              | yes
,, ,                      | b.com:443              | no
example.com:443           | example.com:443        | yes
example.com:443           | api.example.com:443    | yes
example.com:8443          | example.com:443        | no
example.com:x             | example.com:443        | no
:443                      | example.com:443        | no
.                         | example.com:443        | no
192.0.2.1                 | 192.0.2.1:443          | yes
192.0.2.1                 | 192.0.2.10:443         | no
192.0.2.1:443             | 192.0.2.1:443          | yes
192.0.2.1:80              | 192.0.2.1:443          | no
192.0.2.0/24              | 192.0.2.200:443        | yes
192.0.2.77/24             | 192.0.2.200:443        | yes
192.0.2.0/24              | 192.0.3.1:443          | no
0.0.0.0/0                 | 8.8.8.8:443            | yes
0.0.0.0/0                 | example.com:443        | no
10.0.0.0/33               | 10.0.0.1:443           | no
10.0.0.0/x                | 10.0.0.1:443           | no
10.0.0.1/32               | 10.0.0.1:443           | yes
2001:db8::1               | 2001:db8::1:443        | yes
[2001:db8::1]             | 2001:db8::1:443        | yes
[2001:db8::1]:443         | 2001:db8::1:443        | yes
[2001:db8::1]:80          | 2001:db8::1:443        | no
2001:db8::/32             | 2001:db8:1::1:443      | yes
2001:db8::/32             | 2001:db9::1:443        | no
::/0                      | 2001:db9::1:443        | yes
10.0.0.0/8                | 2001:db9::1:443        | no
10.0.0.0/8                | ::ffff:10.1.2.3:443    | yes
1                         | 192.0.2.1:443          | no
";

    #[test]
    fn the_list_is_read_as_others_read_it() {
        for case in CASES.lines().filter(|line| !line.is_empty()) {
            let parts: Vec<&str> = case.split('|').map(str::trim).collect();
            let (host, port) = parts[1].rsplit_once(':').unwrap();
            let is_left_out = leaves_out(parts[0], host, port.parse().unwrap());
            assert_eq!(is_left_out, parts[2] == "yes", "{case}");
        }
    }

    #[test]
    fn this_machine_has_several_names() {
        for host in
            ["localhost", "LocalHost", "localhost.", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
        {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "0.0.0.0", "example.com"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
