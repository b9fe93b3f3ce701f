//! The addresses that a key may be used from.

use std::net::IpAddr;

use domain::{Network, NetworkError};

/// Most networks that a key has.
pub const KEY_NETWORKS_MAX: usize = 100;

/// Where a key may be used from; anywhere if there is no list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyNetworks {
    only: Option<Vec<Network>>,
}

impl KeyNetworks {
    /// From anywhere.
    pub const ANY: Self = Self { only: None };

    /// From these, each an address or a network; `Err` says what is wrong with one.
    pub fn only<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut only: Vec<Network> = Vec::new();
        for text in texts {
            let network = text.trim().parse::<Network>().map_err(|error| match error {
                NetworkError::InnerBits(meant) => {
                    format!("{text:?} {error}; write {meant} or the address alone")
                }
                error => format!("{text:?} {error}, such as 203.0.113.7 or 10.0.0.0/8"),
            })?;
            if !only.contains(&network) {
                only.push(network);
            }
        }
        match only.len() {
            0 => Err("a key must be allowed at least one network".to_owned()),
            1..=KEY_NETWORKS_MAX => Ok(Self { only: Some(only) }),
            count => Err(format!("a key takes at most {KEY_NETWORKS_MAX} networks, not {count}")),
        }
    }

    /// Whether it is anywhere.
    pub const fn is_any(&self) -> bool {
        self.only.is_none()
    }

    /// As people write them; `None` for anywhere.
    pub fn names(&self) -> Option<Vec<String>> {
        self.only.as_ref().map(|only| only.iter().map(Network::to_string).collect())
    }

    /// Whether the key may be used from this address.
    pub fn allow(&self, address: IpAddr) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|network| network.contains(address)))
    }
}

#[cfg(test)]
mod tests {
    use super::{KEY_NETWORKS_MAX, KeyNetworks};

    #[test]
    fn an_address_is_inside_one_of_them_or_not() {
        let networks = KeyNetworks::only(["10.0.0.0/8", " 203.0.113.7 ", "fd00::/8"]).unwrap();
        for (address, is_allowed) in [
            ("10.1.2.3", true),
            ("203.0.113.7", true),
            ("203.0.113.8", false),
            ("fd00::1", true),
            ("::1", false),
        ] {
            assert_eq!(networks.allow(address.parse().unwrap()), is_allowed, "{address}");
            assert!(KeyNetworks::ANY.allow(address.parse().unwrap()));
        }
        assert_eq!(networks.names().unwrap(), ["10.0.0.0/8", "203.0.113.7", "fd00::/8"]);
    }

    #[test]
    fn what_is_no_network_is_refused_with_the_remedy() {
        let refused = |text: &str| KeyNetworks::only([text]).unwrap_err();
        assert!(refused("10.1.2.3/8").contains("write 10.0.0.0/8 or the address alone"));
        assert!(refused("office").contains("must be an address or a network, such as"));
        assert!(KeyNetworks::only([]).is_err());
        let many: Vec<String> = (0..=KEY_NETWORKS_MAX).map(|number| format!("10.0.0.{number}")).collect();
        assert!(KeyNetworks::only(many.iter().map(String::as_str)).unwrap_err().contains("at most 100"));
    }
}
