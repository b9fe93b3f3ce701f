//! One look at the server, and the lines it makes.

use anyhow::Result;
use serde_json::Value;

use super::columns::{Column, Line, table};
use super::order::Order;
use super::words::{Mood, count, list, ms, name, percent, rate, span, why};
use crate::admin_client::AdminClient;

const REGIONS: [Column; 11] = [
    Column::left("REGION"),
    Column::left("STATE"),
    Column::right("OK"),
    Column::right("REQ/S"),
    Column::right("P50 MS").out(3),
    Column::right("P95 MS"),
    Column::right("P99 MS").out(4),
    Column::right("RUNNING"),
    Column::right("FAILOVERS").out(5),
    Column::right("FAILED").out(2),
    Column::right("REQUESTS").out(1),
];

const TARGETS: [Column; 16] = [
    Column::left("PROVIDER"),
    Column::left("MODEL"),
    Column::left("LINE"),
    Column::left("STATE"),
    Column::right("OK"),
    Column::right("REQ/S"),
    Column::right("P50 MS").out(4),
    Column::right("P95 MS").out(8),
    Column::right("P99 MS").out(5),
    Column::right("RUNNING").out(9),
    Column::right("MAX").out(6),
    Column::right("WAITING").out(3),
    Column::right("FAILOVERS").out(7),
    Column::right("FAILED").out(2),
    Column::right("REQUESTS").out(1),
    Column::left("WHY"),
];

/// What the server said.
pub(super) struct Look {
    stats: Value,
    health: Value,
}

impl Look {
    /// Asks the server.
    pub(super) fn at(server: &AdminClient) -> Result<Self> {
        // Figures and states are of two moments, a few milliseconds apart.
        let stats = server.ask("GET", "/admin/v1/stats", None)?;
        Ok(Self { stats, health: server.ask("GET", "/admin/v1/health", None)? })
    }

    #[cfg(test)]
    pub(super) const fn of(stats: Value, health: Value) -> Self {
        Self { stats, health }
    }

    /// Everything that a look shows: the figures, and beside them how full the server is, its lines and its targets.
    pub(super) fn json(&self) -> Value {
        let mut told = self.stats.clone();
        for part in ["status", "calls", "lines", "targets"] {
            told[part] = self.health[part].clone();
        }
        told
    }

    /// The whole picture, in so many columns of characters if that is possible.
    pub(super) fn lines(&self, order: Order, shows_all: bool, room: usize) -> Vec<Line> {
        let empty = || Line::plain(String::new());
        let mut lines = vec![Line::plain(self.headline()), empty()];
        lines.extend(table(&REGIONS, &self.regions(), room));
        let (targets, unasked) = self.targets(order, shows_all);
        lines.push(empty());
        if !targets.is_empty() {
            lines.extend(table(&TARGETS, &targets, room));
        }
        if unasked > 0 {
            let and = if targets.is_empty() { "" } else { "and " };
            let plural = if unasked == 1 { "" } else { "s" };
            let text = format!("{and}{unasked} target{plural} that nobody has asked yet");
            lines.push(Line::of(Mood::Unknown, text));
        }
        lines
    }

    fn headline(&self) -> String {
        let calls = &self.health["calls"];
        let draining = if self.health["status"] == "ok" { "" } else { ", draining" };
        format!(
            "bellwether {}, up {}{draining}; calls {} (peak {}, at most {}), waiting {}; workers {}",
            self.health["version"].as_str().unwrap_or_default(),
            span(self.stats["uptime"].as_u64().unwrap_or_default()),
            count(&calls["inside"]),
            count(&calls["inside_peak"]),
            count(&calls["inside_max"]),
            count(&calls["waiting"]),
            count(&self.health["workers"]),
        )
    }

    fn regions(&self) -> Vec<(Mood, [String; REGIONS.len()])> {
        let regions = self.stats["regions"].as_object().into_iter().flatten();
        let row = |(region, figures): (&String, &Value)| {
            let mood = Mood::of(name(figures, "current_health"), name(figures, "switch"));
            let cells = [
                region.clone(),
                mood.word(name(figures, "current_health"), name(figures, "switch")),
                percent(&figures["success_rate"]),
                rate(&figures["requests_per_second"]),
                ms(&figures["p50_latency"]),
                ms(&figures["p95_latency"]),
                ms(&figures["p99_latency"]),
                count(&figures["in_flight"]),
                count(&figures["failover_count"]),
                count(&figures["failed_requests"]),
                count(&figures["total_requests"]),
            ];
            (mood, cells)
        };
        regions.map(row).collect()
    }

    /// Rows, and how many of those that nobody has asked are left out.
    fn targets(&self, order: Order, shows_all: bool) -> (Vec<(Mood, [String; TARGETS.len()])>, usize) {
        let all = list(&self.health["targets"]);
        let is_shown = |target: &&Value| {
            shows_all || target["requests"] != 0 || target["state"] != "unknown" || target["switch"] != "on"
        };
        let mut shown: Vec<&Value> = all.iter().filter(is_shown).collect();
        order.sort(&mut shown);
        let unasked = all.len() - shown.len();
        (shown.into_iter().map(target).collect(), unasked)
    }
}

fn target(target: &Value) -> (Mood, [String; TARGETS.len()]) {
    let (state, switch) = (name(target, "state"), name(target, "switch"));
    let mood = Mood::of(state, switch);
    let latency = &target["latency_ms"];
    let cells = [
        name(target, "provider").to_owned(),
        name(target, "model").to_owned(),
        line(target),
        mood.word(state, switch),
        percent(&target["success_rate"]),
        rate(&target["per_second"]),
        ms(&latency["p50"]),
        ms(&latency["p95"]),
        ms(&latency["p99"]),
        count(&target["in_flight"]),
        count(&target["limit"]),
        count(&target["waiting"]),
        count(&target["failovers"]),
        count(&target["failed"]),
        count(&target["requests"]),
        why(target),
    ];
    (mood, cells)
}

/// The region, with the number of the line and of the key where they say more.
fn line(target: &Value) -> String {
    let line = target["line"].as_u64().unwrap_or_default();
    let key = target["key"].as_u64().map(|key| format!(" key {key}")).unwrap_or_default();
    format!("{line} {}{key}", name(target, "region"))
}

#[cfg(test)]
mod tests;
