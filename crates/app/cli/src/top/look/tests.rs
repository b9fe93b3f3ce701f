//! What an operator sees.

use serde_json::{Value, json};

use super::Look;
use crate::top::order::Order;

fn target(provider: &str, state: &str, requests: u64) -> Value {
    json!({
        "provider": provider, "model": "m", "region": "us", "line": 1, "key": null, "state": state,
        "reason": null, "recovery_ms": null, "evidence": { "last_failure": null }, "switch": "on",
        "per_second": requests, "success_rate": null, "latency_ms": { "p50": null, "p95": null, "p99": null },
        "in_flight": 0, "limit": null, "waiting": 0, "requests": requests, "failed": 0, "failovers": 0,
    })
}

fn look(targets: &[Value]) -> Look {
    let stats = json!({ "uptime": 61, "regions": { "us": {
        "current_health": "healthy", "switch": "draining", "requests_per_second": 1.25, "success_rate": 0.995,
        "p50_latency": 41.04, "p95_latency": 120.5, "p99_latency": 900.0, "in_flight": 2, "total_requests": 200,
        "failed_requests": 1, "failover_count": 1,
    } } });
    let calls = json!({ "inside": 2, "inside_peak": 9, "inside_max": 100, "waiting": 0 });
    let health =
        json!({ "status": "ok", "version": "1.2.3", "workers": 2, "calls": calls, "targets": targets });
    Look::of(stats, health)
}

fn texts(look: &Look, order: Order, shows_all: bool) -> Vec<String> {
    look.lines(order, shows_all, usize::MAX).into_iter().map(|line| line.text).collect()
}

#[test]
fn a_picture_has_the_server_its_regions_and_its_targets() {
    let lines = texts(&look(&[target("a", "healthy", 3)]), Order::State, false);
    assert_eq!(
        lines[..4],
        [
            "bellwether 1.2.3, up 1 min 1 s; calls 2 (peak 9, at most 100), waiting 0; workers 2",
            "",
            "REGION  STATE                 OK  REQ/S  P50 MS  P95 MS  P99 MS  RUNNING  FAILOVERS  FAILED  REQUESTS",
            "us      draining (healthy)  99 %    1.2    41.0     120     900        2          1       1       200",
        ]
    );
    let cells: Vec<&str> = lines[6].split_whitespace().collect();
    assert_eq!(cells[..9], ["a", "m", "1", "us", "healthy", "-", "3.0", "-", "-"]);
}

#[test]
fn those_who_are_ill_come_first_and_those_whom_nobody_asked_are_left_out() {
    let targets = [
        target("a", "healthy", 9),
        target("b", "degraded", 1),
        target("c", "ejected", 5),
        target("d", "unknown", 0),
    ];
    let look = look(&targets);
    let first = |order, shows_all| {
        let lines = texts(&look, order, shows_all);
        lines[6..].iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(first(Order::State, false), ["c", "b", "a", "and"]);
    assert_eq!(first(Order::State, true), ["c", "b", "a", "d"]);
    assert_eq!(first(Order::Configured, true), ["a", "b", "c", "d"]);
    assert_eq!(first(Order::Rate, true), ["a", "c", "b", "d"]);
}

#[test]
fn json_is_the_figures_with_lines_and_targets_beside_them() {
    let told = look(&[target("a", "healthy", 3)]).json();
    assert_eq!((&told["uptime"], &told["targets"][0]["requests"]), (&json!(61), &json!(3)));
    assert_eq!(told["regions"]["us"]["total_requests"], 200);
}

#[test]
fn before_anybody_was_asked_there_is_no_empty_table() {
    let lines = texts(&look(&[target("d", "unknown", 0), target("e", "unknown", 0)]), Order::State, false);
    assert_eq!(lines[5..], ["2 targets that nobody has asked yet"]);
}
