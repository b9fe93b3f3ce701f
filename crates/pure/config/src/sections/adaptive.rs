//! `providers.*.adaptive`: how many requests a target may have at once, learnt from its refusals. Learning is `routing`'s.

use routing::overload::{AdaptiveMode, AdaptiveRules};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;

/// How many requests each of its targets (a model at a line with a key) may have at once: halved when it says 429, five
/// percent more when it answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdaptiveEntry {
    /// When there is such a limit. Default: `after_refusal`.
    mode: Option<ModeName>,
    /// What it is before anything is known. Default: 50.
    #[schemars(range(min = 1, max = 100_000))]
    start: Option<u32>,
    /// The least. Default: 5.
    #[schemars(range(min = 1, max = 100_000))]
    floor: Option<u32>,
    /// The most. Default: 100.
    #[schemars(range(min = 1, max = 100_000))]
    ceiling: Option<u32>,
}

/// When there is such a limit.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModeName {
    /// Never.
    Never,
    /// From the first 429 on, until it has grown to the ceiling.
    AfterRefusal,
    /// From the first request on.
    Always,
}

impl ModeName {
    const fn mode(self) -> AdaptiveMode {
        match self {
            Self::Never => AdaptiveMode::Never,
            Self::AfterRefusal => AdaptiveMode::AfterRefusal,
            Self::Always => AdaptiveMode::Always,
        }
    }
}

/// A mode as it is written.
pub(crate) const fn name(mode: AdaptiveMode) -> &'static str {
    match mode {
        AdaptiveMode::Never => "never",
        AdaptiveMode::AfterRefusal => "after_refusal",
        AdaptiveMode::Always => "always",
    }
}

pub(crate) fn check(entry: Option<AdaptiveEntry>, path: &KeyPath, report: &mut Report) -> AdaptiveRules {
    let usual = AdaptiveRules::default();
    let Some(entry) = entry else { return usual };
    let start = entry.start.unwrap_or(usual.start);
    let rules = AdaptiveRules {
        mode: entry.mode.map_or(usual.mode, ModeName::mode),
        start,
        floor: entry.floor.unwrap_or(usual.floor.min(start)),
        ceiling: entry.ceiling.unwrap_or(usual.ceiling.max(start)),
    };
    if rules.floor > start {
        let message = format!("must not be above start ({start})");
        let hint = "the least cannot be more than it begins with: lower it, or raise start".to_owned();
        report.add(&path.key("floor"), rules.floor.to_string(), message, hint);
    }
    if rules.ceiling < start {
        let message = format!("must not be below start ({start})");
        let hint = "the most cannot be less than it begins with: raise it, or lower start".to_owned();
        report.add(&path.key("ceiling"), rules.ceiling.to_string(), message, hint);
    }
    rules
}
