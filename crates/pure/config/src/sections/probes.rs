//! `health.probes`: how lines are probed that nobody asks. What follows from it is `routing`'s to decide.

use std::time::Duration;

use routing::health::ProbeRules;
use schemars::JsonSchema;
use serde::Deserialize;

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
    /// So many failed probes in a row, and the line is asked only if nobody else is left. Default: 2.
    #[schemars(range(min = 1, max = 20))]
    failures: Option<u8>,
}

pub(crate) fn rules(section: Option<ProbesSection>) -> ProbeRules {
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
    }
}
