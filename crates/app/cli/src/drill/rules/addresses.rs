//! Where providers are.

use std::net::IpAddr;

use config::Line;

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

/// How names end that nobody outside a network knows.
const INNER_ENDINGS: &[&str] = &[".local", ".internal", ".localhost", ".svc", ".lan", ".home.arpa"];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "same_line_twice",
        Weight::Warning,
        "two lines of a provider with the same address, proxy and source: they fail together",
        same_line_twice,
    ),
    Rule::new(
        "plain_http",
        Weight::Error,
        "http:// to a public host: keys and prompts can be read on the way",
        plain_http,
    ),
    Rule::new(
        "no_stale_names",
        Weight::Warning,
        "timeouts.dns_stale_ms 0: when names cannot be looked up, nobody is reached",
        no_stale_names,
    ),
];

fn same_line_twice(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for provider in house.snapshot.providers.iter() {
        let way = |line: &Line| (line.base_url.to_string(), line.proxy.clone(), line.source_address);
        for (place, line) in provider.lines.iter().enumerate() {
            if provider.lines[..place].iter().any(|other| way(other) == way(line)) {
                found.push(Trace::of(
                    format!("providers.{}.lines[{place}]", provider.id),
                    format!(
                        "{} is listed twice by the same way: an attempt is spent on it in vain",
                        line.base_url
                    ),
                    "remove it, or give it another address, proxy or source_address",
                ));
            }
        }
    }
    found
}

fn is_inner(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(address) => !domain::is_public(address),
        Err(_) => !host.contains('.') || INNER_ENDINGS.iter().any(|ending| host.ends_with(ending)),
    }
}

fn plain_http(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for provider in house.snapshot.providers.iter() {
        let is_plain = |line: &&Line| !line.base_url.is_tls() && !is_inner(line.base_url.host());
        for line in provider.lines.iter().filter(is_plain) {
            found.push(Trace::of(
                format!("providers.{}", provider.id),
                format!("{} is reached without TLS: keys and prompts can be read on the way", line.base_url),
                "write https://, or reach it by a private address",
            ));
        }
    }
    found
}

fn no_stale_names(house: &House<'_>) -> Vec<Trace> {
    let is_none = house.snapshot.timeouts.dns_stale.is_zero();
    let what = "a resolver that is down is an outage: known addresses are not used any longer";
    is_none
        .then(|| Trace::of("timeouts.dns_stale_ms", what, "leave it out: an hour is usual"))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_inner;

    #[test]
    fn inner_hosts_are_told_from_public_ones() {
        for host in ["localhost", "10.0.0.7", "::1", "gpu-1", "llm.svc", "a.b.internal."] {
            assert!(is_inner(host), "{host}");
        }
        for host in ["api.example.com", "8.8.8.8", "example.local.com"] {
            assert!(!is_inner(host), "{host}");
        }
    }
}
