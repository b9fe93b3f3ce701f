//! Alerts in the metrics.

use std::cell::RefCell;
use std::collections::BTreeMap;

use alerts::{AlertState, Board, Rule, Severity};
use gateway::UpstreamBalance;
use observe::Gauge;
use store::Attempted;

const OUTCOMES: [&str; 3] = ["delivered", "failed", "given_up"];

/// Tries of messages, by channel and what came of them.
#[derive(Debug, Default)]
pub(super) struct Counts(RefCell<BTreeMap<(String, &'static str), u64>>);

impl Counts {
    pub(super) fn note(&self, channel: &str, attempted: &Attempted) {
        let outcome = match attempted {
            Attempted::Delivered => "delivered",
            Attempted::TryAgain(..) => "failed",
            Attempted::GivenUp(_) => "given_up",
        };
        self.add(channel, outcome, 1);
    }

    /// Whoever has a channel has its counters, from 0 on: the first of its messages that is lost is a step that can be seen.
    pub(super) fn begin(&self, channel: &str) {
        OUTCOMES.iter().for_each(|outcome| self.add(channel, outcome, 0));
    }

    /// Messages that were given up for newer ones, tried or not.
    pub(super) fn note_given_up(&self, channel: &str, messages: u64) {
        self.add(channel, "given_up", messages);
    }

    fn add(&self, channel: &str, outcome: &'static str, count: u64) {
        *self.0.borrow_mut().entry((channel.to_owned(), outcome)).or_default() += count;
    }
}

/// All families, one after the other.
pub(super) fn gauges(board: &Board, counts: &Counts, balances: &[UpstreamBalance]) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    for rule in Rule::ALL {
        for severity in Severity::ALL {
            let is_it = |alert: &&alerts::Alert| {
                alert.state == AlertState::Firing && alert.rule == rule && alert.severity == severity
            };
            let count = board.iter().filter(is_it).count();
            if count > 0 || severity == rule.severity() {
                gauges.push(Gauge {
                    name: "ai_gateway_alerts_firing",
                    help: "Alerts that are bad now.",
                    labels: vec![("rule", rule.name().to_owned()), ("severity", severity.name().to_owned())],
                    value: count as f64,
                });
            }
        }
    }
    gauges.extend(counts.0.borrow().iter().map(|((channel, outcome), count)| Gauge {
        name: "ai_gateway_alert_tries_total",
        help: "Tries of messages about alerts, by channel and outcome.",
        labels: vec![("channel", channel.clone()), ("outcome", (*outcome).to_owned())],
        value: *count as f64,
    }));
    let known = balances.iter().filter_map(|balance| Some((balance, balance.left?)));
    gauges.extend(known.map(|(balance, left)| Gauge {
        name: "ai_gateway_upstream_balance",
        help: "What is left on an account at a provider, by its own word.",
        labels: vec![
            ("provider", balance.label.clone()),
            ("credential", balance.credential.to_string()),
            ("currency", balance.currency.map(|currency| currency.code().to_owned()).unwrap_or_default()),
        ],
        // Shown, never reckoned with.
        value: left.nano() as f64 / domain::NANO as f64,
    }));
    gauges
}
