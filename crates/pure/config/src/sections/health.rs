//! `health`: when a target is left alone, and when it is asked again. How it is doing is `routing`'s to know.

use std::time::Duration;

use routing::health::{BreakerRules, ProbeRules};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::sections::probes::{ProbesSection, rules};
use crate::sections::timeouts::Timeouts;

/// When a target is left alone, and when it is asked again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HealthSection {
    /// So many failures in a row leave a target alone. Default: 5.
    #[schemars(range(min = 1, max = 20))]
    failures: Option<u8>,
    /// They count only if they lie within this time. Default: 60000.
    #[schemars(range(min = 1, max = 3_600_000))]
    within_ms: Option<u32>,
    /// So large a part of failures in ten seconds, of 20 answers at least, leaves it alone, too. Default: 50.
    #[schemars(range(min = 1, max = 100))]
    failure_percent: Option<u8>,
    /// For how long the first time; each further time twice as long. Then one request at a time tries it. Default: 1000.
    #[schemars(range(min = 1, max = 3_600_000))]
    open_ms: Option<u32>,
    /// The longest that it is left alone. Default: 30000.
    #[schemars(range(min = 1, max = 3_600_000))]
    open_ms_max: Option<u32>,
    /// So many good answers of such trials, and it is well again. Default: 3.
    #[schemars(range(min = 1, max = 100))]
    successes: Option<u8>,
    /// Over this time its part then grows from a tenth to all of it. Default: 10000.
    #[schemars(range(max = 3_600_000))]
    slow_start_ms: Option<u32>,
    /// A target's own word on when to come back is believed up to this. Default: 60000.
    #[schemars(range(max = 3_600_000))]
    wait_ms_max: Option<u32>,
    /// A target is not taken to be silent before this, however fast it usually is. Default: 1000.
    #[schemars(range(min = 10, max = 3_600_000))]
    silence_ms_min: Option<u32>,
    /// Whether the next target is asked as soon as a provider's host is late to acknowledge a request (Linux). Default: true.
    path_watch: Option<bool>,
    /// How lines are probed that nobody asks.
    probes: Option<ProbesSection>,
}

/// When a target is left alone, and when it is asked again.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// When breakers open and close.
    pub breaker: BreakerRules,
    /// A target is not taken to be silent before this.
    pub silence_min: Duration,
    /// Whether it is looked if requests arrive.
    pub is_path_watched: bool,
    /// How lines are probed that nobody asks.
    pub probes: ProbeRules,
}

/// A target is not taken to be silent before this unless configured.
const SILENCE_MIN: Duration = Duration::from_secs(1);

pub(crate) fn check(section: Option<HealthSection>, timeouts: &Timeouts, report: &mut Report) -> Health {
    let section = section.unwrap_or_default();
    let usual = BreakerRules::default();
    let ms = |given: Option<u32>, usual| given.map_or(usual, |ms| Duration::from_millis(ms.into()));
    let open = ms(section.open_ms, usual.open);
    let open_max = ms(section.open_ms_max, usual.open_max.max(open));
    if open_max < open {
        let path = KeyPath::default().key("health").key("open_ms_max");
        let message = format!("must not be below open_ms ({})", open.as_millis());
        let hint = "the longest time cannot be shorter than the first: raise it, or lower open_ms".to_owned();
        report.add(&path, open_max.as_millis().to_string(), message, hint);
    }
    if let Some(ms) = section.silence_ms_min.filter(|ms| u128::from(*ms) > timeouts.first_byte.as_millis()) {
        let path = KeyPath::default().key("health").key("silence_ms_min");
        let most = timeouts.first_byte.as_millis();
        let message =
            format!("must not be above timeouts.first_byte_ms ({most}): nobody would ever be silent");
        let hint = "shorten it, or leave it out".to_owned();
        report.add(&path, ms.to_string(), message, hint);
    }
    Health {
        breaker: BreakerRules {
            failures: section.failures.map_or(usual.failures, usize::from),
            within: ms(section.within_ms, usual.within),
            rate: section.failure_percent.map_or(usual.rate, |percent| f64::from(percent) / 100.0),
            open,
            open_max,
            successes: section.successes.map_or(usual.successes, u32::from),
            slow_start: ms(section.slow_start_ms, usual.slow_start),
            wait_max: ms(section.wait_ms_max, usual.wait_max),
        },
        silence_min: ms(section.silence_ms_min, SILENCE_MIN),
        is_path_watched: section.path_watch.unwrap_or(true),
        probes: rules(section.probes, report),
    }
}
