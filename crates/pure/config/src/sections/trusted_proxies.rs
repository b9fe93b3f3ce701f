//! `trusted_proxies`: who may say where a request came from. What is made of it is the gateway's matter.

use domain::{Network, NetworkError};

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;

/// The networks of the proxies in front; an empty list trusts nobody.
pub(crate) fn check(entries: Option<Vec<String>>, report: &mut Report) -> Vec<Network> {
    let path = KeyPath::default().key("trusted_proxies");
    let mut networks = Vec::new();
    for (place, text) in entries.into_iter().flatten().enumerate() {
        match text.parse::<Network>() {
            Ok(network) => {
                if network.is_everything() {
                    report.note(format!(
                        "trusted_proxies: {network} lets every caller choose the address he is known by"
                    ));
                }
                networks.push(network);
            }
            Err(error) => report.add(&path.index(place), shown::text(&text), error.to_string(), hint(error)),
        }
    }
    networks
}

fn hint(error: NetworkError) -> Option<String> {
    match error {
        NetworkError::Address => Some("write one such as 10.0.0.0/8 or 10.0.0.7, without a port".to_owned()),
        NetworkError::Prefix => None,
        NetworkError::InnerBits(network) => {
            Some(format!("write {network}, or the address alone without a slash"))
        }
    }
}
