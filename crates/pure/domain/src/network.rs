//! A range of addresses, as operators write it: `10.0.0.0/8`, `fd00::/8`, or one address alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    first: IpAddr,
    prefix_bits: u8,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// What stands before the slash is no address.
    Address,
    /// What follows the slash is no number of bits that such an address has.
    Prefix,
    /// The address has bits behind the prefix: whoever wrote it meant one of two things. This is the wider one.
    InnerBits(Network),
}

impl std::fmt::Display for NetworkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Address => "must be an address or a network",
            Self::Prefix => "must have 0 to 32 bits behind the slash, or up to 128 for IPv6",
            Self::InnerBits(_) => "is an address inside a network, not the network",
        })
    }
}

impl std::error::Error for NetworkError {}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let width = width(address);
        let prefix_bits = match prefix {
            None => width,
            // Digits only: a sign is no number of bits.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|bits| *bits <= width).ok_or(NetworkError::Prefix)?
            }
            Some(_) => return Err(NetworkError::Prefix),
        };
        let network = Self { first: first_of(address, prefix_bits), prefix_bits };
        if network.first == address { Ok(network) } else { Err(NetworkError::InnerBits(network)) }
    }
}

impl Network {
    /// Whether the address is inside. An IPv4 address written as an IPv6 one, as dual sockets do, counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = if self.first.is_ipv4() { address.to_canonical() } else { address };
        address.is_ipv4() == self.first.is_ipv4() && first_of(address, self.prefix_bits) == self.first
    }

    /// Whether every address of its kind is inside.
    pub const fn is_everything(&self) -> bool {
        self.prefix_bits == 0
    }
}

/// Whether an address is one of the public internet: of no machine, no private network, no documentation, and no tunnel that
/// leads to such.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = a == 0
        || a >= 240
        // Between carriers and their customers.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        // Relays from IPv6, no longer in use.
        || (a == 192 && b == 88 && c == 99)
        // Measuring of devices.
        || (a == 198 && (b == 18 || b == 19));
    !(is_special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let embedded = || {
        let bits = address.to_bits() as u32;
        is_public_v4(Ipv4Addr::from_bits(bits))
    };
    match (a, b) {
        // Addresses of IPv4, as translators write them.
        (0x64, 0xff9b) => address.segments()[2..6] == [0; 4] && embedded(),
        // Tunnels, and documentation.
        (0x2001, 0..=0x1ff) | (0x2001, 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff) => false,
        // What was ever given out lies in one eighth.
        _ => a & 0xe000 == 0x2000,
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.prefix_bits == width(self.first) {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}/{}", self.first, self.prefix_bits)
    }
}

const fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with all bits behind the prefix cleared.
fn first_of(address: IpAddr, prefix_bits: u8) -> IpAddr {
    let cleared = u32::from(width(address) - prefix_bits);
    match address {
        IpAddr::V4(v4) => {
            IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(cleared).unwrap_or_default()).into())
        }
        IpAddr::V6(v6) => {
            IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(cleared).unwrap_or_default()).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Network, NetworkError, is_public};

    #[test]
    fn public_is_what_everybody_can_reach() {
        for text in [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "64:ff9b::8.8.8.8",
            "::ffff:9.9.9.9",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_inside_and_what_is_not() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.6"),
            ("192.168.1.4/30", "192.168.1.7", "192.168.1.8"),
            ("0.0.0.0/0", "8.8.8.8", "2001:db8::1"),
            ("::/0", "2001:db8::1", "8.8.8.8"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"),
            ("::1", "::1", "127.0.0.1"),
        ];
        for (text, inside, outside) in cases {
            assert!(network(text).contains(inside.parse().unwrap()), "{text} has {inside}");
            assert!(!network(text).contains(outside.parse().unwrap()), "{text} has not {outside}");
            assert_eq!(network(text).to_string(), text);
        }
        assert_eq!(network("10.0.0.1/32"), network("10.0.0.1"));
        assert!(network("::/0").is_everything() && !network("::/1").is_everything());
    }

    #[test]
    fn what_is_no_network_says_why() {
        for text in ["", "localhost", "10.0.0", "10.0.0.0.0/8", "/8", "10.0.0.1:80", "[::1]", " 10.0.0.1"] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::Address), "{text}");
        }
        for text in ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "::/129", "::/256", "::/8/8"] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::Prefix), "{text}");
        }
        let meant = network("10.0.0.0/8");
        assert_eq!("10.1.2.3/8".parse::<Network>(), Err(NetworkError::InnerBits(meant)));
    }
}
