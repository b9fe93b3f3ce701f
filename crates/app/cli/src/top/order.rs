//! In what order targets are shown.

use std::cmp::Reverse;

use serde_json::Value;

/// By what they are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// Those who are ill first.
    #[default]
    State,
    /// As the configuration has them.
    Configured,
    /// Those who are asked most first.
    Rate,
    /// The slowest first.
    Latency,
    /// Those from whom most calls went on elsewhere first.
    Failovers,
}

impl Order {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::State => Self::Configured,
            Self::Configured => Self::Rate,
            Self::Rate => Self::Latency,
            Self::Latency => Self::Failovers,
            Self::Failovers => Self::State,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Configured => "configuration",
            Self::Rate => "requests a second",
            Self::Latency => "p95",
            Self::Failovers => "failovers",
        }
    }

    /// Equals stay as the configuration has them.
    pub(super) fn sort(self, targets: &mut [&Value]) {
        let falling =
            |of: fn(&Value) -> f64| move |left: &&Value, right: &&Value| of(right).total_cmp(&of(left));
        match self {
            Self::State => targets.sort_by_key(|target| Reverse(gravity(target))),
            Self::Configured => {}
            Self::Rate => targets.sort_by(falling(|target| number(&target["per_second"]))),
            Self::Latency => targets.sort_by(falling(|target| number(&target["latency_ms"]["p95"]))),
            Self::Failovers => targets.sort_by(falling(|target| number(&target["failovers"]))),
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(-1.0)
}

fn gravity(target: &Value) -> u8 {
    match (target["switch"].as_str(), target["state"].as_str()) {
        (Some("on"), Some("ejected")) => 4,
        (Some("on"), Some("degraded")) => 3,
        (Some("off" | "draining"), _) => 2,
        (_, Some("healthy")) => 1,
        _ => 0,
    }
}
