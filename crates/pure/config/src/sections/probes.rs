//! `health.probes`: how lines are probed that nobody asks. What follows from it is `routing`'s to decide.

use std::time::Duration;

use routing::health::{PaidRules, ProbeRules};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;

/// Money is counted in billionths.
pub(crate) const NANOS_PER_MICRO: u64 = 1000;

/// How lines are probed that nobody asks. A probe asks for the list of models, which costs nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProbesSection {
    /// How often; 0 for never. A line by which a call was answered in the last ten seconds is not probed. Default: 30000.
    #[schemars(range(max = 86_400_000))]
    every_ms: Option<u32>,
    /// How often where a probe has failed or a target is left alone. Default: 2000.
    #[schemars(range(min = 100, max = 86_400_000))]
    every_ms_failing: Option<u32>,
    /// How long an answer may take. Default: 5000.
    #[schemars(range(min = 10, max = 60_000))]
    timeout_ms: Option<u32>,
    /// So many failed probes in a row, and the line is asked only if nobody else is left, or less if one of them was answered.
    /// Default: 2.
    #[schemars(range(min = 1, max = 20))]
    failures: Option<u8>,
    /// Probes that cost something: one token of a target that is left alone, or that no call has asked for long. Without this
    /// section there are none.
    paid: Option<PaidEntry>,
}

/// Probes that cost something, for targets of `models`. No caller is charged for them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaidEntry {
    /// How often a target is asked that no call has asked meanwhile. Default: 3600000.
    #[schemars(range(min = 100, max = 86_400_000))]
    every_ms: Option<u32>,
    /// How often one that is left alone. Default: 60000, or `every_ms` if that is less.
    #[schemars(range(min = 100, max = 86_400_000))]
    every_ms_ejected: Option<u32>,
    /// So many in 24 hours, of all targets together. Default: 100.
    #[schemars(range(min = 1, max = 100_000))]
    per_day_max: Option<u32>,
    /// What they may cost in 24 hours, in millionths of a dollar, as far as the catalogue knows prices. Default: 50000, five cents.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    usd_micros_per_day_max: Option<u32>,
}

pub(crate) fn rules(section: Option<ProbesSection>, report: &mut Report) -> ProbeRules {
    let section = section.unwrap_or_default();
    let usual = ProbeRules::default();
    let ms = |given: Option<u32>, usual| given.map_or(usual, |ms| Duration::from_millis(ms.into()));
    ProbeRules {
        every: match section.every_ms {
            Some(0) => None,
            Some(ms) => Some(Duration::from_millis(ms.into())),
            None => usual.every,
        },
        every_failing: ms(section.every_ms_failing, usual.every_failing),
        timeout: ms(section.timeout_ms, usual.timeout),
        failures: section.failures.map_or(usual.failures, u32::from),
        paid: section.paid.map(|paid| paid_rules(&paid, report)),
    }
}

fn paid_rules(entry: &PaidEntry, report: &mut Report) -> PaidRules {
    let usual = PaidRules::default();
    let ms = |given: Option<u32>, usual| given.map_or(usual, |ms| Duration::from_millis(ms.into()));
    let every = ms(entry.every_ms, usual.every);
    let every_ejected = ms(entry.every_ms_ejected, usual.every_ejected.min(every));
    if every_ejected > every {
        let path = KeyPath::default().key("health").key("probes").key("paid").key("every_ms_ejected");
        let message = format!("must not be above every_ms ({})", every.as_millis());
        let hint = "who is left alone is asked more often than who is well";
        report.add(&path, every_ejected.as_millis().to_string(), message, Some(hint.to_owned()));
    }
    let micros = entry.usd_micros_per_day_max.map(|micros| u64::from(micros) * NANOS_PER_MICRO);
    PaidRules {
        every,
        every_ejected,
        per_day_max: entry.per_day_max.unwrap_or(usual.per_day_max),
        nanos_per_day_max: micros.unwrap_or(usual.nanos_per_day_max),
    }
}
