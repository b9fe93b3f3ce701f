//! A made-up fleet: its nodes, and the gateway's configuration for them.

use routing::Rng;
use serde_json::{Map, Value, json};
use simulator::{Beginnings, Behaviour, Delay, NodeOptions};

use super::spells::Spell;

const NAMES: [&str; 4] = ["eu", "us", "ap", "sa"];
/// The name that callers ask for.
pub(super) const ROUTE: &str = "smart";
/// What providers call it.
const MODEL: &str = "m";
/// Patience with the beginning of a stream, and with a whole answer.
pub(super) const PATIENCE_MS: u64 = 6_000;
pub(super) const IDLE_MS: u64 = 1_200;
pub(super) const QUEUE_WAIT_MS: u64 = 1_000;
const PING_MS_MAX: usize = 1_800;

/// Nodes, configuration, troubles.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) nodes: Vec<NodeOptions>,
    pub(super) config: Value,
    pub(super) answer_tokens: usize,
    pub(super) resume: &'static str,
    pub(super) attempts_max: usize,
    pub(super) budget_percent: usize,
    pub(super) budget_per_second: usize,
    pub(super) hedge_percent: usize,
    pub(super) spells: Vec<Spell>,
    /// Nodes, or the gateway, take only so much at once: a call may be refused though nobody is in trouble.
    pub(super) is_narrow: bool,
}

impl Fleet {
    pub(super) fn any(rng: &mut Rng) -> Self {
        let count = 2 + rng.below(3);
        let answer_tokens = 8 + rng.below(40);
        let is_narrow = rng.below(6) == 0;
        let dialects = dialects(count, rng);
        let nodes: Vec<NodeOptions> =
            NAMES[..count].iter().map(|name| node(name, answer_tokens, is_narrow, rng)).collect();
        // Words of a node that is asked in words are about those words, so nothing can be foretold of them.
        let resume = ["off", "hidden", "continue", "continue", "continue", "visible"][rng.below(6)];
        let mut fleet = Self {
            config: Value::Null,
            answer_tokens,
            resume,
            attempts_max: 1 + rng.below(5),
            budget_percent: [0, 20, 100][rng.below(3)],
            budget_per_second: [0, 1, 10][rng.below(3)],
            hedge_percent: [0, 10, 100][rng.below(3)],
            spells: (0..count).flat_map(|node| Spell::of_node(node, rng)).collect(),
            is_narrow,
            nodes,
        };
        fleet.config = fleet.configuration(&dialects, rng);
        fleet
    }

    fn configuration(&self, dialects: &[&'static str], rng: &mut Rng) -> Value {
        // One who can go on from a beginning is needed for `continue`, and the first that speaks chat or Messages is one.
        let can_continue = dialects.iter().any(|dialect| *dialect != "responses");
        let resume = if self.resume == "continue" && !can_continue { "hidden" } else { self.resume };
        let mut providers = Map::new();
        for (node, dialect) in self.nodes.iter().zip(dialects) {
            let mut provider = json!({
                "credentials": ["sk-of-a-node"],
                "base_url": format!("http://{}.test/v1", node.name),
                "region": node.name,
                "models": [MODEL],
                "dialects": [dialect],
            });
            if *dialect == "chat" {
                provider["quirks"] = json!({ "continues": "bare" });
            }
            if self.is_narrow && rng.below(2) == 0 {
                provider["concurrent_max"] = json!(1 + rng.below(3));
            }
            providers.insert(node.name.clone(), provider);
        }
        let targets: Vec<String> = self.nodes.iter().map(|node| format!("{}/{MODEL}", node.name)).collect();
        let mut route = json!({ "targets": targets, "resume": resume });
        if let Some(policy) = ["balanced", "weighted", "fastest", "priority", "sticky", ""]
            .get(rng.below(9))
            .filter(|it| !it.is_empty())
        {
            route["policy"] = json!(policy);
        }
        if resume != "off" && rng.below(3) == 0 {
            route["resume_hold_ms"] = json!(50 + rng.below(500));
        }
        if rng.below(3) == 0 {
            route["hedge"] = json!({ "after_ms": 60 + rng.below(600) });
        }
        let mut limits = json!({ "attempts_max": self.attempts_max, "queue_wait_ms": QUEUE_WAIT_MS });
        if self.is_narrow && rng.below(2) == 0 {
            limits["concurrent_max"] = json!(2 + rng.below(4));
        }
        json!({
            "providers": providers,
            "models": { ROUTE: route },
            "limits": limits,
            "timeouts": {
                "first_byte_ms": PATIENCE_MS,
                "answer_ms": PATIENCE_MS,
                "idle_ms": IDLE_MS,
                "connect_ms": 500,
                "ping_ms": 300 + rng.below(PING_MS_MAX - 300),
            },
            "retries": {
                "budget_percent": self.budget_percent,
                "budget_per_second": self.budget_per_second,
                "hedge_percent": self.hedge_percent,
                "repeats_max": rng.below(3),
            },
            "health": { "probes": { "every_ms": 0 } },
        })
    }
}

/// Most fleets speak one dialect, some several.
fn dialects(count: usize, rng: &mut Rng) -> Vec<&'static str> {
    const ALL: [&str; 3] = ["chat", "messages", "responses"];
    let common = ALL[[0, 0, 1, 2][rng.below(4)]];
    let is_mixed = rng.below(2) == 0;
    (0..count).map(|_| if is_mixed { ALL[rng.below(3)] } else { common }).collect()
}

fn node(name: &str, answer_tokens: usize, is_narrow: bool, rng: &mut Rng) -> NodeOptions {
    let behaviour = Behaviour {
        latency_ms: Delay::Uniform { from: 2.0, to: 5.0 + rng.below(60) as f64 },
        first_token_ms: Delay::Uniform { from: 1.0, to: 5.0 + rng.below(100) as f64 },
        gap_ms: Delay::Uniform { from: 0.0, to: rng.below(30) as f64 },
        answer_tokens: answer_tokens as u32,
        tokens_per_event: 1 + rng.below(3) as u32,
        concurrent_max: (is_narrow && rng.below(2) == 0).then(|| 1 + rng.below(3) as u32),
        beginnings: [Beginnings::Continued, Beginnings::Continued, Beginnings::Anew, Beginnings::Refused]
            [rng.below(4)],
        key: Some("sk-of-a-node".to_owned()),
        ..Behaviour::default()
    };
    NodeOptions { behaviour, ..NodeOptions::new(name) }
}
