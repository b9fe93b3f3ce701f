//! What befalls a node for a while, written as the simulator's faults are, or in the network before it.

use routing::Rng;

/// A trouble of one node from one moment to another.
#[derive(Clone, Debug)]
pub(super) struct Spell {
    pub(super) node: usize,
    pub(super) from_ms: u64,
    pub(super) until_ms: u64,
    pub(super) trouble: Trouble,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    /// A fault of the node, and how often it happens. `None`: it cannot be rare.
    Fault { text: String, rate: Option<f64> },
    /// Nobody answers whoever connects.
    NoWay,
}

/// In this time all troubles begin; they end some seconds later at the latest.
pub(super) const TROUBLED_MS: u64 = 16_000;
const SPELL_MS_MAX: usize = 6_000;

impl Spell {
    /// What befalls a node of a fleet, one after the other.
    pub(super) fn of_node(node: usize, rng: &mut Rng) -> Vec<Self> {
        let (mut spells, mut from_ms) = (Vec::new(), rng.below(6_000) as u64);
        while from_ms < TROUBLED_MS {
            let until_ms = from_ms + 200 + rng.below(SPELL_MS_MAX) as u64;
            spells.push(Self { node, from_ms, until_ms, trouble: Trouble::any(rng) });
            from_ms = until_ms + rng.below(8_000) as u64;
        }
        spells
    }
}

impl Trouble {
    fn any(rng: &mut Rng) -> Self {
        let (events, bytes, ms) = (rng.below(24), rng.below(5_000), 1 + rng.below(1_500));
        let text = match rng.below(38) {
            0 => return Self::NoWay,
            1 => return Self::Fault { text: "refuse".to_owned(), rate: None },
            2 => "reset_on_accept".to_owned(),
            3 => "reset_after_request".to_owned(),
            4 => "close_after_request".to_owned(),
            5 => "hang".to_owned(),
            6 => "not_http".to_owned(),
            7 => format!("cut_head={}", bytes % 60),
            8 => format!("slow_head={ms}"),
            9 => format!("slow_first={ms}"),
            10 => "status=503".to_owned(),
            11 => "status=500".to_owned(),
            12 => "status=429".to_owned(),
            13 => "status=429;retry_after=1".to_owned(),
            14 => "status=503;retry_after=2".to_owned(),
            15 => "html".to_owned(),
            16 => "empty".to_owned(),
            17 => format!("malformed={events}"),
            18 | 19 => format!("error_event={events}"),
            20 => format!("failed={events}"),
            21 => "no_done".to_owned(),
            22 => "no_usage".to_owned(),
            23..=25 => format!("cut={events}"),
            26 => format!("cut_bytes={bytes}"),
            27 | 28 => format!("reset={events}"),
            29 => format!("reset_bytes={bytes}"),
            30 | 31 => format!("stall={events}"),
            32 => format!("stall_bytes={bytes}"),
            33 => format!("pings={events}:100"),
            34 => format!("truncate={events}"),
            35 => format!("truncate_bytes={bytes}"),
            36 => format!("drip={}:{}", 20 + bytes % 200, 1 + ms % 8),
            _ => ["keeps_open", "comments", "crlf", "split=7", "gzip", "until_close"][events % 6].to_owned(),
        };
        Self::Fault { text, rate: Some([0.3, 0.6, 1.0][rng.below(3)]) }
    }
}
