//! What paid probes have found and cost, for metrics and health to show. Probing is done elsewhere.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use routing::health::{DaySpend, PaidRules};
use serde_json::{Value, json};

/// What paid probes have found, for metrics and health.
#[derive(Debug, Default)]
pub(crate) struct PaidProbes {
    found: [AtomicU64; Found::ALL.len()],
    today: AtomicU64,
    nanos_today: AtomicU64,
}

impl PaidProbes {
    pub(super) fn note_spend(&self, spend: DaySpend) {
        self.today.store(spend.probes.into(), Ordering::Relaxed);
        self.nanos_today.store(spend.nanos, Ordering::Relaxed);
    }

    pub(super) fn note(&self, found: Found) {
        self.found[found as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were since the start, by what they found.
    pub(crate) fn found(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Found::ALL.iter().zip(&self.found).map(|(found, count)| (found.name(), count.load(Ordering::Relaxed)))
    }

    /// As health shows it to operators; nothing where there are none.
    pub(crate) fn json(&self, rules: Option<&PaidRules>) -> Value {
        let Some(rules) = rules else { return Value::Null };
        json!({
            "found": self.found().collect::<HashMap<_, _>>(),
            "today": self.today.load(Ordering::Relaxed),
            "per_day_max": rules.per_day_max,
            "usd_micros_today": self.nanos_today.load(Ordering::Relaxed) / 1000,
            "usd_micros_per_day_max": rules.nanos_per_day_max / 1000,
        })
    }
}

/// What a probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Answered,
    Failed,
    /// It was refused in a way that says nothing of how the target is doing.
    Refused,
}

impl Found {
    const ALL: [Self; 3] = [Self::Answered, Self::Failed, Self::Refused];

    const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}
