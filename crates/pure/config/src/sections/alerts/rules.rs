//! `alerts.rules`: from where on something is told, rule by rule.

use alerts::{Rule, Severity, Terms};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;

/// The rules. All are on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesSection {
    /// A provider's answers begin late: on average later than `threshold` milliseconds; default 1000, `warning`.
    latency: Option<RuleEntry>,
    /// More than `threshold` percent of the attempts at a provider went on elsewhere; default 10, `warning`.
    failover_rate: Option<RuleEntry>,
    /// More than `threshold` percent of the attempts at a provider failed; default 5, `critical`.
    error_rate: Option<RuleEntry>,
    /// Every line of a provider is left alone, and no operator did it; default `critical`.
    provider_down: Option<RuleEntry>,
    /// Every line of a region is left alone, and no operator did it; default `critical`.
    region_down: Option<RuleEntry>,
    /// A budget is spent so far that it warns, or, which is `critical`, used up; default `warning`.
    budget: Option<RuleEntry>,
    /// An account's balance is below its own threshold; default `warning`.
    balance: Option<RuleEntry>,
    /// So many percent more were spent than in the same time before; default 200, `warning`.
    spend_jump: Option<RuleEntry>,
    /// A caller's key ends within `threshold` days and has no successor; default 7, `warning`.
    key_expiry: Option<RuleEntry>,
    /// A model is served that has no price; default `warning`.
    price_unknown: Option<RuleEntry>,
    /// Less than `threshold` units of its currency are left on the account at a provider that tells; default 10, `critical`.
    upstream_balance: Option<RuleEntry>,
}

/// One rule.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleEntry {
    /// Whether anybody is told; default true.
    enabled: Option<bool>,
    /// How much it matters.
    severity: Option<SeverityWord>,
    /// From where on it is told, in the unit of the rule.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    threshold: Option<u64>,
    /// How many seconds it has to be so before it is told; default 0.
    #[schemars(range(min = 0, max = 86_400))]
    for_seconds: Option<u32>,
}

/// How much something matters.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeverityWord {
    /// Worth knowing.
    Info,
    /// Somebody should look today.
    Warning,
    /// Somebody should look now.
    Critical,
}

impl SeverityWord {
    pub(super) const fn severity(self) -> Severity {
        match self {
            Self::Info => Severity::Info,
            Self::Warning => Severity::Warning,
            Self::Critical => Severity::Critical,
        }
    }
}

pub(super) fn check(section: Option<RulesSection>, path: &KeyPath, report: &mut Report) -> Terms {
    let section = section.unwrap_or_default();
    let entries = [
        (Rule::Latency, section.latency),
        (Rule::FailoverRate, section.failover_rate),
        (Rule::ErrorRate, section.error_rate),
        (Rule::ProviderDown, section.provider_down),
        (Rule::RegionDown, section.region_down),
        (Rule::Budget, section.budget),
        (Rule::Balance, section.balance),
        (Rule::SpendJump, section.spend_jump),
        (Rule::KeyExpiry, section.key_expiry),
        (Rule::PriceUnknown, section.price_unknown),
        (Rule::UpstreamBalance, section.upstream_balance),
    ];
    let mut terms = Terms::default();
    for (rule, entry) in entries {
        let Some(entry) = entry else { continue };
        let of = terms.of_mut(rule);
        of.is_on = entry.enabled.unwrap_or(of.is_on);
        of.severity = entry.severity.map_or(of.severity, SeverityWord::severity);
        of.hold_ms = i64::from(entry.for_seconds.unwrap_or_default()) * 1000;
        match (entry.threshold, rule.threshold()) {
            (Some(threshold), Some(_)) => of.threshold = threshold,
            (Some(threshold), None) => {
                let hint = match rule {
                    Rule::Balance => {
                        "each account has its own: bellwether accounts change --warn-below".to_owned()
                    }
                    Rule::Budget => "each budget has its own: bellwether budgets change --warn-at".to_owned(),
                    _ => "leave it out".to_owned(),
                };
                let path = path.key(rule.name()).key("threshold");
                report.add(&path, threshold.to_string(), "this rule has no threshold", hint);
            }
            (None, _) => {}
        }
    }
    terms
}
