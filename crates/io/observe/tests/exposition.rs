//! The text that Prometheus reads, as a whole. The parts' own corners are tested beside them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Currency, Kind, Money, Phase, Usage};
use observe::{Gauge, Metrics, PROVIDERS_MAX, Rescued, Shed};

const PROVIDERS_LAST: u16 = PROVIDERS_MAX as u16 - 1;

/// Values by name and labels.
fn samples(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter(|line| !line.starts_with('#')).map(sample).collect()
}

fn sample(line: &str) -> (&str, &str) {
    line.rsplit_once(' ').expect("a sample ends with a space and its value")
}

/// What differs from run to run stands last.
fn without_process(text: &str) -> &str {
    text.split("# HELP ai_gateway_build_info").next().expect("a split has a first part")
}

fn metrics(workers: usize) -> Arc<Metrics> {
    Metrics::new("bellwether".to_owned(), workers)
}

#[test]
fn the_text_is_as_recorded() {
    let metrics = metrics(2);
    metrics.name_provider(0, "open\"ai\\".to_owned());
    let (one, two) = (metrics.shard(0), metrics.shard(1));
    one.request_ended(Some(0), 200, Duration::from_millis(5));
    two.request_ended(Some(0), 200, Duration::from_micros(5001));
    two.request_ended(Some(0), 418, Duration::from_secs(200));
    two.request_ended(None, 401, Duration::from_micros(80));
    one.added_latency(Some(0), Duration::from_micros(25));
    one.added_latency(None, Duration::from_micros(60));
    two.first_token(0, Duration::from_millis(321));
    one.tokens(0, &Usage { input: 1, cached_input: 2, output: 3, reasoning: 4, ..Usage::default() });
    two.tokens(0, &Usage { input: 10, cache_write: 5, is_estimated: true, ..Usage::default() });
    one.tokens(0, &Usage { images: 2, image_output: 7, ..Usage::default() });
    two.tokens(0, &Usage { images: 1, audio_ms: 1500, ..Usage::default() });
    one.cost(0, Currency::USD, Money::from_nano(123));
    two.cost(0, Currency::USD, Money::from_nano(1_000_000_000));
    two.cost(0, Currency::CNY, Money::from_nano(7));
    metrics.rows().add_written(5);
    metrics.rows().add_dropped(2);
    metrics.rows().add_damaged_sums(1);
    one.lost(0, "seed_dropped");
    two.lost(0, "seed_dropped");
    one.stream_broke(0, Rescued::Continued);
    two.stream_broke(0, Rescued::Continued);
    two.stream_broke(0, Rescued::Lost);
    one.attempt_failed(0, Kind::UpstreamTimeout(Phase::Connect));
    two.attempt_failed(0, Kind::UpstreamFailed);
    two.attempt_failed(0, Kind::UpstreamTimeout(Phase::Idle));
    one.hedged(0, "won");
    two.hedged(0, "won");
    two.hedged(0, "lost");
    for _ in 0..3 {
        one.upstream_opened(0);
        one.upstream_reused(0);
        one.caller_connected();
        one.in_flight_started(true);
        two.in_flight_started(false);
    }
    one.upstream_closed(0);
    one.upstream_warmed(0);
    one.request_unheard(0);
    two.request_unheard(0);
    two.path_died(0);
    one.upstream_idle(0, 2);
    one.upstream_idle(0, -1);
    one.caller_disconnected();
    one.in_flight_ended(true);
    two.caller_gone();
    two.budget_warned();
    two.budget_refused();
    two.remote_missed();
    one.limited(("key", "requests_per_minute", "refused"));
    two.limited(("key", "requests_per_minute", "refused"));
    two.panicked();
    one.queued(Duration::from_millis(30));
    two.queued(Duration::from_millis(700));
    one.shed(Shed::QueueFull);
    two.shed(Shed::WaitedInVain);
    two.shed(Shed::WaitedInVain);
    let gauge = |name, help, value| Gauge { name, help, labels: Vec::new(), value };
    let of = |provider: &str, value| Gauge {
        labels: vec![("provider", provider.to_owned())],
        ..gauge("ai_gateway_body_lines", "One family, two samples.", value)
    };
    let gauges = [
        gauge("ai_gateway_body_bytes", "Memory that bodies take now.", 65_536.0),
        of("a\"b", 1.0),
        of("c", 2.0),
    ];
    let text = metrics.render(&gauges);
    let (lines, recorded) = (without_process(&text).lines(), include_str!("exposition.txt").lines());
    for (line, recorded) in lines.clone().zip(recorded.clone()) {
        assert_eq!(line, recorded);
    }
    assert_eq!(lines.count(), recorded.count());
}

#[test]
fn a_named_provider_has_its_series_at_once() {
    let metrics = metrics(1);
    let before = metrics.render(&[]);
    assert!(!before.contains("provider=\"openai\""));
    metrics.name_provider(3, "openai".to_owned());
    let text = metrics.render(&[]);
    let samples = samples(&text);
    let zero = |name: &str, labels: &str| {
        let name = format!("ai_gateway_{name}{{service=\"bellwether\",provider=\"openai\"{labels}}}");
        assert_eq!(samples.get(name.as_str()), Some(&"0"), "{name}");
    };
    for status in [200, 429, 500, 502, 503, 504] {
        zero("requests_total", &format!(",status=\"{status}\""));
    }
    for edge in ["0.04", "0.08", "0.12", "0.15", "0.2", "30", "60", "90", "120", "180", "+Inf"] {
        zero("request_duration_seconds_bucket", &format!(",le=\"{edge}\""));
    }
    zero("request_duration_seconds_count", "");
    zero("added_latency_seconds_sum", "");
    zero("tokens_total", ",kind=\"cached_input\"");
    zero("upstream_connections", "");
}

#[test]
fn equal_labels_are_one_series() {
    let metrics = metrics(2);
    metrics.name_provider(0, "all".to_owned());
    metrics.name_provider(1, "all".to_owned());
    metrics.shard(0).request_ended(Some(0), 200, Duration::from_millis(1));
    metrics.shard(1).request_ended(Some(1), 200, Duration::from_millis(2));
    let text = metrics.render(&[]);
    let name = "ai_gateway_requests_total{service=\"bellwether\",provider=\"all\",status=\"200\"}";
    assert_eq!(text.matches(name).count(), 1);
    assert_eq!(samples(&text)[name], "2");
    let sum = "ai_gateway_request_duration_seconds_sum{service=\"bellwether\",provider=\"all\"}";
    assert_eq!(samples(&text)[sum], "0.003");
}

#[test]
fn a_provider_without_a_place_or_a_name_is_other() {
    let metrics = metrics(1);
    metrics.name_provider(PROVIDERS_LAST + 7, "ignored".to_owned());
    for provider in [PROVIDERS_LAST, PROVIDERS_LAST + 1, u16::MAX, 5] {
        metrics.shard(0).request_ended(Some(provider), 200, Duration::ZERO);
    }
    let text = metrics.render(&[]);
    assert!(!text.contains("ignored"));
    let name = "ai_gateway_requests_total{service=\"bellwether\",provider=\"other\",status=\"200\"}";
    assert_eq!(samples(&text)[name], "4");
}

#[test]
fn a_renamed_provider_keeps_its_counts() {
    let metrics = metrics(1);
    metrics.name_provider(0, "old".to_owned());
    metrics.shard(0).request_ended(Some(0), 200, Duration::ZERO);
    metrics.name_provider(0, "new".to_owned());
    let text = metrics.render(&[]);
    assert!(!text.contains("\"old\""));
    let name = "ai_gateway_requests_total{service=\"bellwether\",provider=\"new\",status=\"200\"}";
    assert_eq!(samples(&text)[name], "1");
}

#[test]
fn many_writers_lose_nothing_and_readers_see_whole_histograms() {
    const WORKERS: usize = 8;
    const REQUESTS: u64 = 20_000;
    let metrics = metrics(WORKERS);
    metrics.name_provider(0, "openai".to_owned());
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let shard = metrics.shard(worker);
            scope.spawn(move || {
                for number in 0..REQUESTS {
                    shard.in_flight_started(false);
                    shard.request_ended(Some(0), 200, Duration::from_micros(number * 50));
                    shard.in_flight_ended(false);
                }
            });
        }
        for _ in 0..20 {
            check_histograms(&metrics.render(&[]));
        }
    });
    let text = metrics.render(&[]);
    check_histograms(&text);
    let samples = samples(&text);
    let labels = "service=\"bellwether\",provider=\"openai\"";
    let all = (WORKERS as u64 * REQUESTS).to_string();
    let value = |name: String| samples[name.as_str()];
    assert_eq!(value(format!("ai_gateway_requests_total{{{labels},status=\"200\"}}")), all);
    assert_eq!(value(format!("ai_gateway_request_duration_seconds_count{{{labels}}}")), all);
    let in_flight = "ai_gateway_in_flight{service=\"bellwether\",streaming=\"false\"}";
    assert_eq!(value(in_flight.to_owned()), "0");
}

/// Buckets rise, and the last one is the count.
fn check_histograms(text: &str) {
    let mut last = 0;
    for line in text.lines() {
        let value = || sample(line).1.parse::<u64>().expect("counts are whole");
        if line.contains("_bucket{") {
            assert!(value() >= last, "{line}");
            last = value();
        } else if line.contains("_seconds_count{") {
            assert_eq!(value(), last, "{line}");
            last = 0;
        }
    }
}

#[test]
fn the_process_tells_of_itself() {
    let text = metrics(1).render(&[]);
    let samples = samples(&text);
    let build =
        format!("ai_gateway_build_info{{service=\"bellwether\",version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(samples[build.as_str()], "1");
    if cfg!(target_os = "linux") {
        for name in ["process_start_time_seconds", "process_resident_memory_bytes", "process_open_fds"] {
            assert!(samples[name].parse::<f64>().is_ok_and(|value| value > 0.0), "{name}");
        }
    }
}
