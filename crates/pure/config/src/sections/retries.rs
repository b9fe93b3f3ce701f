//! `retries`: when it is tried again. Who is asked then is `routing`'s choice.

use std::time::Duration;

use routing::{Backoff, BackoffForm, HedgeRules, RetryRules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::key_path::KeyPath;
use crate::problem::Report;

/// Second attempts may be so large a part of all calls unless configured.
pub const BUDGET_PERCENT: u32 = 20;
/// So many second attempts a second are always there unless configured.
pub const BUDGET_PER_SECOND: u32 = 10;
/// Hedges may be so large a part of the calls for which there may be one unless configured.
pub const HEDGE_PERCENT: u32 = 3;

/// When it is tried again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetriesSection {
    /// How often the same target may be asked again for one request; 0 for never. Default: 2.
    #[schemars(range(max = 9))]
    repeats_max: Option<u32>,
    /// How the waits before that grow. Default: `exponential`.
    backoff: Option<BackoffName>,
    /// The first of these waits. Default: 100.
    #[schemars(range(min = 1, max = 60_000))]
    base_ms: Option<u32>,
    /// The longest of these waits. Default: 5000.
    #[schemars(range(min = 1, max = 60_000))]
    max_ms: Option<u32>,
    /// The longest wait for a target that says when to come back, where nobody else can be asked. Default: 10000.
    #[schemars(range(max = 600_000))]
    wait_ms_max: Option<u32>,
    /// What part of all calls may be second attempts, in percent. Default: 20.
    #[schemars(range(max = 100))]
    budget_percent: Option<u32>,
    /// Second attempts that are always there, a second; unused ones are kept for ten seconds. Default: 10.
    #[schemars(range(max = 1_000_000))]
    budget_per_second: Option<u32>,
    /// What part of the calls for names with `hedge` may have a second target asked beside the first, in percent, and one every
    /// ten seconds in any case; 0 for none. Default: 3.
    #[schemars(range(max = 100))]
    hedge_percent: Option<u32>,
    /// No second target is asked beside the first before this. Default: 50.
    #[schemars(range(min = 1, max = 600_000))]
    hedge_ms_min: Option<u32>,
}

/// How waits grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BackoffName {
    /// Doubled each time; anything from nothing up to that.
    Exponential,
    /// The same again each time; at least half of that.
    Linear,
    /// As the two before together; at least half of that.
    Fibonacci,
}

impl BackoffName {
    const fn form(self) -> BackoffForm {
        match self {
            Self::Exponential => BackoffForm::Exponential,
            Self::Linear => BackoffForm::Linear,
            Self::Fibonacci => BackoffForm::Fibonacci,
        }
    }
}

/// When it is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retries {
    /// For one call.
    pub rules: RetryRules,
    /// For all calls together: a part of them, in percent …
    pub budget_percent: u32,
    /// … and so many a second in any case.
    pub budget_per_second: u32,
    /// When a second one is asked beside the first …
    pub hedges: HedgeRules,
    /// … and for what part of the calls for which that may be done, in percent.
    pub hedge_percent: u32,
}

pub(crate) fn check(section: Option<RetriesSection>, report: &mut Report) -> Retries {
    let section = section.unwrap_or_default();
    let usual = RetryRules::default();
    let ms = |given: Option<u32>, usual| given.map_or(usual, |ms| Duration::from_millis(ms.into()));
    let base = ms(section.base_ms, usual.backoff.base);
    let max = ms(section.max_ms, usual.backoff.max.max(base));
    if max < base {
        let path = KeyPath::default().key("retries").key("max_ms");
        let message = format!("must not be below base_ms ({})", base.as_millis());
        let hint = "the longest wait cannot be shorter than the first: raise it, or lower base_ms".to_owned();
        report.add(&path, max.as_millis().to_string(), message, hint);
    }
    let form = section.backoff.map_or(usual.backoff.form, BackoffName::form);
    Retries {
        rules: RetryRules {
            backoff: Backoff { form, base, max },
            repeats_max: section.repeats_max.unwrap_or(usual.repeats_max),
            wait_max: ms(section.wait_ms_max, usual.wait_max),
            ..usual
        },
        budget_percent: section.budget_percent.unwrap_or(BUDGET_PERCENT),
        budget_per_second: section.budget_per_second.unwrap_or(BUDGET_PER_SECOND),
        hedges: HedgeRules { after_min: ms(section.hedge_ms_min, HedgeRules::default().after_min) },
        hedge_percent: section.hedge_percent.unwrap_or(HEDGE_PERCENT),
    }
}
