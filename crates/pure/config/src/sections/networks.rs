//! Lists of networks: `trusted_proxies`, who may say where a request came from; `private_media`, where media of callers
//! may lie besides the public internet. What is made of them is the gateway's matter.

use domain::{Network, NetworkError};

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;

/// The networks of the proxies in front; an empty list trusts nobody.
pub(crate) fn trusted_proxies(entries: Option<Vec<String>>, report: &mut Report) -> Vec<Network> {
    const RISK: &str = "lets every caller choose the address he is known by";
    networks("trusted_proxies", entries, RISK, report)
}

/// The private networks of media; an empty list means that only public addresses are asked.
pub(crate) fn private_media(entries: Option<Vec<String>>, report: &mut Report) -> Vec<Network> {
    const RISK: &str = "lets every caller have this gateway ask any machine that it can reach";
    networks("private_media", entries, RISK, report)
}

fn networks(key: &str, entries: Option<Vec<String>>, risk: &str, report: &mut Report) -> Vec<Network> {
    let path = KeyPath::default().key(key);
    let mut networks = Vec::new();
    for (place, text) in entries.into_iter().flatten().enumerate() {
        match text.parse::<Network>() {
            Ok(network) => {
                if network.is_everything() {
                    report.note(format!("{key}: {network} {risk}"));
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
