//! The figures. Open to this machine and private networks, by key from elsewhere.

use std::collections::BTreeMap;
use std::net::IpAddr;

use domain::{Failure, Kind, Timestamp};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Response, StatusCode};
use observe::Gauge;
use routing::Moment;
use subtle::ConstantTimeEq;

use crate::answer::{AnswerBody, whole};
use crate::call::Call;
use crate::clock::wall_clock;
use crate::forwarded::origin;
use crate::gateway::Gateway;
use crate::listener::CertificateHandle;
use crate::serving::Serving;
use crate::switches::gauge_rows;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Every series, as Prometheus reads them.
pub(super) fn exposition(call: &Call, headers: &HeaderMap) -> Result<Response<AnswerBody>, Box<Failure>> {
    let gateway = &call.worker.gateway;
    let serving = gateway.serving.load();
    if !may_read(&serving, call.peer, headers) {
        let message = "figures are open to private addresses only; from elsewhere send the configured metrics key as a bearer token";
        return Err(Failure::new(Kind::Unauthenticated, message));
    }
    // Connections that were opened and closed since the last tick are counted now.
    call.worker.publish_counts();
    Ok(whole(StatusCode::OK, CONTENT_TYPE, gateway.metrics.render(&gauges(gateway))))
}

fn may_read(serving: &Serving, peer: IpAddr, headers: &HeaderMap) -> bool {
    // A proxy that nobody trusts would lend its private address to the whole world.
    let origin = origin(peer, headers, &serving.trusted_proxies);
    if serving.are_metrics_open && origin.is_certain && is_private(origin.address) {
        return true;
    }
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    match (&serving.metrics_key, sent) {
        (Some(key), Some(sent)) => key.expose().as_bytes().ct_eq(sent.trim_ascii()).into(),
        _ => false,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

fn gauges(gateway: &Gateway) -> Vec<Gauge> {
    let gauge = |name, help, value: usize| Gauge { name, help, labels: Vec::new(), value: value as f64 };
    let config = gateway.status.config();
    let keys =
        gateway.status.key_counts(&gateway.serving.load()).into_iter().map(|(provider, state, count)| {
            Gauge {
                labels: vec![("provider", provider), ("state", state.name().to_owned())],
                ..gauge("ai_gateway_provider_keys", "Keys of providers, by what came of trying them.", count)
            }
        });
    let control_waiting = gateway.caller_desk.as_ref().map_or(0, crate::control::ControlSender::waiting);
    let mut gauges = vec![
        gauge(
            "ai_gateway_body_memory_bytes",
            "Memory taken by bodies of requests, and by answers that are held back.",
            gateway.bodies.bytes_taken(),
        ),
        gauge(
            "ai_gateway_upload_disk_bytes",
            "Disk taken by uploads.",
            usize::try_from(gateway.spool.bytes_taken()).unwrap_or(usize::MAX),
        ),
        gauge(
            "ai_gateway_control_queue_calls",
            "Control calls waiting for the control plane.",
            control_waiting,
        ),
        gauge(
            "ai_gateway_config_current",
            "1 if the configuration in force is what the file says, 0 if the file was refused.",
            usize::from(config.problems.is_empty()),
        ),
        gauge(
            "ai_gateway_config_version",
            "Number of the configuration in force; 0 without a file.",
            config.version.and_then(|number| usize::try_from(number).ok()).unwrap_or(0),
        ),
    ];
    gauges.extend(super::money_gauges::gauges(&gateway.payers()));
    gauges.extend(keys);
    gauges.extend(gateway.repeats.gauges());
    gauges.extend(gateway.cache.gauges(gateway.serving.load().cache.is_used));
    gauges.extend(gateway.status.gauges().iter().cloned());
    gauges.extend(certificates(&gateway.status.certificates(), wall_clock()));
    gauges.extend(crate::overload::gauges(gateway));
    gauges.extend(crate::seeing::gauges(&gateway.serving.load(), gateway.moment()));
    gauges.extend(unreachable(&gateway.serving.load(), gateway.moment()));
    gauges.extend(gateway.status.paid_probes.found().map(|(found, count)| Gauge {
        labels: vec![("found", found.to_owned())],
        value: count as f64,
        ..gauge("ai_gateway_paid_probes_total", "Probes that cost something, by what they found.", 0)
    }));
    let switched = gauge_rows(&gateway.serving.load(), &gateway.switches());
    gauges.extend(switched.into_iter().map(|(labels, is_off)| Gauge {
        labels,
        ..gauge(
            "ai_gateway_provider_switched_off",
            "1 for each provider, region or model that an operator has switched off or is draining.",
            usize::from(is_off),
        )
    }));
    gauges
}

/// How long the certificate of each listener is good for.
fn certificates(certificates: &[CertificateHandle], now: Timestamp) -> Vec<Gauge> {
    let left = |end: Timestamp| (end.unix_ms() - now.unix_ms()) as f64 / 1000.0;
    let row = |certificate: &CertificateHandle| {
        Some(Gauge {
            name: "ai_gateway_certificate_expires_seconds",
            help: "Seconds until a certificate of a listener's chain ends; less than 0 once one has.",
            labels: vec![("listener", certificate.address().to_string())],
            value: left(certificate.ends_at()?),
        })
    };
    certificates.iter().filter_map(row).collect()
}

/// How many lines of each provider lead nowhere, as far as probes and paths tell.
fn unreachable(serving: &Serving, now: Moment) -> Vec<Gauge> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for provider in &serving.providers {
        // Every line once, with its first credential.
        for line in provider.by_credential().next().map_or(&[][..], |(_, lines)| lines) {
            let region = line.region.to_str().unwrap_or_default();
            let count = counts.entry((serving.label_of(provider.id()), region)).or_default();
            *count += usize::from(line.health.is_unreachable(now));
        }
    }
    let row = |((provider, region), count): ((&str, &str), usize)| Gauge {
        name: "ai_gateway_lines_unreachable",
        help: "Lines that probes do not reach, or whose path is dead.",
        labels: vec![("provider", provider.to_owned()), ("region", region.to_owned())],
        value: count as f64,
    };
    counts.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    fn only_near_addresses_are_private() {
        for near in
            ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "fd00::1", "::ffff:10.0.0.1", "169.254.1.1"]
        {
            assert!(is_private(near.parse().unwrap()), "{near}");
        }
        for far in ["8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(!is_private(far.parse().unwrap()), "{far}");
        }
    }
}
