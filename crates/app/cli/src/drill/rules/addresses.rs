//! Where providers are.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use config::{Line, Provider};
use domain::BaseUrl;
use providers::Provider as Kind;

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

/// How names end that nobody outside a network knows.
const INNER_ENDINGS: &[&str] = &[".local", ".internal", ".localhost", ".svc", ".lan", ".home.arpa"];

/// Names that are kept for documents and tests (RFC 2606, RFC 6761).
const KEPT_NAMES: &[&str] =
    &[".example.com", ".example.org", ".example.net", ".example", ".invalid", ".test"];
/// What callers ask for, not where a provider is.
const REQUEST_PATHS: &[&str] = &["/completions", "/responses", "/messages", "/embeddings", "/models"];
/// Addresses that are kept for longer outlast most moves.
const FRESH_MAX: Duration = Duration::from_secs(600);

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "same_line_twice",
        Weight::Warning,
        "two lines of a provider with the same address, proxy and source: they fail together",
        same_line_twice,
    ),
    Rule::new(
        "names_kept_long",
        Weight::Warning,
        "timeouts.dns_fresh_ms above ten minutes: who has moved is not followed",
        names_kept_long,
    ),
    Rule::new(
        "plain_http",
        Weight::Error,
        "http:// to a public host: keys and prompts can be read on the way",
        plain_http,
    ),
    Rule::new(
        "path_of_a_request",
        Weight::Error,
        "an address that ends with the path of a request, or with /v1 twice: every call is a 404",
        path_of_a_request,
    ),
    Rule::new(
        "path_unlike_vendors",
        Weight::Warning,
        "a vendor's own host with another path than the vendor's",
        path_unlike_vendors,
    ),
    Rule::new(
        "other_vendors_address",
        Weight::Warning,
        "a provider of one kind at the address of another that speaks something else",
        other_vendors_address,
    ),
    Rule::new(
        "placeholder_address",
        Weight::Warning,
        "a host that is kept for examples, where nobody ever is",
        placeholder_address,
    ),
    Rule::new(
        "providers_at_one_address",
        Weight::Warning,
        "two providers of one name at the same host, port and path, where others are not",
        providers_at_one_address,
    ),
    Rule::new(
        "asks_itself",
        Weight::Error,
        "a provider at an address on which this gateway listens: a call goes round until its time is over",
        asks_itself,
    ),
    Rule::new(
        "own_machine_as_fallback",
        Weight::Hint,
        "a fallback on this machine, behind a first that is not",
        own_machine_as_fallback,
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

/// Each line with the path under which it is told.
fn lines<'h>(house: &'h House<'_>) -> impl Iterator<Item = (&'h Provider, String, &'h Line)> {
    house.snapshot.providers.iter().flat_map(|provider| {
        let of = move |place: usize| match provider.lines.len() {
            1 => format!("providers.{}", provider.id),
            _ => format!("providers.{}.lines[{place}]", provider.id),
        };
        provider.lines.iter().enumerate().map(move |(place, line)| (provider, of(place), line))
    })
}

/// The path of a base URL, without what stands before it.
fn path(base: &BaseUrl) -> String {
    let text = base.to_string();
    let after_scheme = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    after_scheme.split_once('/').map_or_else(String::new, |(_, path)| format!("/{path}"))
}

fn path_of_a_request(house: &House<'_>) -> Vec<Trace> {
    let is_wrong = |base: &BaseUrl| {
        let path = path(base);
        REQUEST_PATHS.iter().any(|request| path.ends_with(request)) || path.ends_with("/v1/v1")
    };
    let wrong = lines(house).filter(|(_, _, line)| is_wrong(&line.base_url));
    wrong
        .map(|(_, of, line)| {
            let what = format!("{} is asked for one more path behind it: that is a 404", line.base_url);
            Trace::of(of, what, "end it where /chat/completions begins, mostly with /v1")
        })
        .collect()
}

fn path_unlike_vendors(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for (provider, of, line) in lines(house) {
        let Some(home) = provider.kind.base_url.and_then(|home| BaseUrl::parse(home).ok()) else { continue };
        let is_unlike = home.host() == line.base_url.host() && path(&home) != path(&line.base_url);
        if is_unlike {
            let what = format!("{} is the vendor's host, and its calls go to {home}", line.base_url);
            found.push(Trace::of(of, what, format!("write {home}, or leave it out")));
        }
    }
    found
}

fn other_vendors_address(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for (provider, of, line) in lines(house) {
        let is_there = |kind: &&&Kind| {
            let home = kind.base_url.and_then(|home| BaseUrl::parse(home).ok());
            home.is_some_and(|home| home.host() == line.base_url.host())
        };
        let owners: Vec<&&Kind> = providers::all().iter().filter(is_there).collect();
        let speaks = |kind: &Kind| kind.dialects.iter().any(|dialect| provider.dialects.contains(dialect));
        let Some(owner) = owners.first().map(|owner| owner.name) else { continue };
        if owners.iter().all(|owner| owner.name != provider.kind.name && !speaks(owner)) {
            let what = format!("{} is where {owner} is, which speaks another dialect", line.base_url);
            found.push(Trace::of(of, what, format!("write kind: {owner}, or another address")));
        }
    }
    found
}

fn placeholder_address(house: &House<'_>) -> Vec<Trace> {
    let is_kept = |host: &str| {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        KEPT_NAMES.iter().any(|kept| host == kept[1..] || host.ends_with(kept))
    };
    let placeholders = lines(house).filter(|(_, _, line)| is_kept(line.base_url.host()));
    placeholders
        .map(|(_, of, line)| {
            let what = format!("{} is a name for examples: nobody answers there", line.base_url.host());
            Trace::of(of, what, "write the real address")
        })
        .collect()
}

fn providers_at_one_address(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let all = road.lines(house.snapshot);
        let base = |place: &(usize, usize)| &house.snapshot.providers[place.0].lines[place.1].base_url;
        let hosts: BTreeSet<(&str, u16)> =
            all.iter().map(|place| (base(place).host(), base(place).port())).collect();
        for (number, place) in all.iter().enumerate().filter(|_| hosts.len() > 1) {
            let is_same = |other: &&(usize, usize)| other.0 != place.0 && base(other) == base(place);
            if let Some(other) = all[..number].iter().find(is_same) {
                let id = |place: &(usize, usize)| house.snapshot.providers[place.0].id.as_str();
                let what = format!(
                    "{} and {} are one server under two names: they fail together",
                    id(other),
                    id(place)
                );
                found.push(Trace::of_model(
                    &road.name,
                    base(place).to_string(),
                    what,
                    "point one of them somewhere else; for a second key there are credentials",
                ));
            }
        }
    }
    found
}

fn is_own(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn asks_itself(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for (_, of, line) in lines(house) {
        let (host, port) = (line.base_url.host(), line.base_url.port());
        let hears = |listener: &&config::Listener| {
            let heard = listener.address.ip();
            let is_there = host.parse::<IpAddr>().is_ok_and(|ip| ip == heard);
            // By its own machine's name a listener of the loopback is reached, and one that hears on every address.
            let is_here = is_own(host) && (heard.is_loopback() || heard.is_unspecified());
            listener.address.port() == port && port != 0 && (is_there || is_here)
        };
        if let Some(listener) = house.snapshot.listeners.iter().find(hears) {
            let what = format!(
                "{} is this gateway itself, which listens on {}: what it asks there, it asks itself again",
                line.base_url, listener.address
            );
            found.push(Trace::of(of, what, "write the provider's address, or listen on another port"));
        }
    }
    found
}

fn own_machine_as_fallback(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        if is_own(house.line(servers[0].first).base_url.host()) {
            continue;
        }
        for server in servers.iter().filter(|server| is_own(house.line(server.first).base_url.host())) {
            let label = house.label(road, server.first);
            let what = format!("{label} is on this machine: is somebody there wherever the gateway runs?");
            found.push(Trace::of_model(&road.name, label, what, "write the address of a server"));
        }
    }
    found
}

fn names_kept_long(house: &House<'_>) -> Vec<Trace> {
    let fresh = house.snapshot.timeouts.dns_fresh;
    let what = format!(
        "addresses are kept for {} s: a vendor who moves away from a dead one is not followed",
        fresh.as_secs()
    );
    (fresh > FRESH_MAX)
        .then(|| Trace::of("timeouts.dns_fresh_ms", what, "leave it out: 30000 is usual"))
        .into_iter()
        .collect()
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
