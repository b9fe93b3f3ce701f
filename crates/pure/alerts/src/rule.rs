//! What is watched: a closed list of rules, each with what it takes to be told.

use serde::{Deserialize, Serialize};

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A provider's answers begin late.
    Latency,
    /// Calls go on elsewhere from a provider.
    FailoverRate,
    /// A provider fails.
    ErrorRate,
    /// Every way to a provider is left alone.
    ProviderDown,
    /// Every line of a region is left alone.
    RegionDown,
    /// A budget is spent so far that it warns, or used up.
    Budget,
    /// An account's balance is below its threshold.
    Balance,
    /// Much more is spent than in the same time before.
    SpendJump,
    /// A caller's key ends soon.
    KeyExpiry,
    /// Calls are served that have no price.
    PriceUnknown,
    /// Little is left on an account at a provider.
    UpstreamBalance,
}

/// How much an alert matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look today.
    Warning,
    /// Somebody should look now.
    Critical,
}

/// Everything about a rule.
struct Row {
    rule: Rule,
    name: &'static str,
    /// As a title has it.
    title: &'static str,
    severity: Severity,
    /// From where on it is bad, and what of.
    threshold: Option<(u64, &'static str)>,
    /// Whether what is over has to stay so for a while before it counts as over.
    flaps: bool,
}

const TABLE: [Row; 11] = [
    row(Rule::Latency, "latency", "latency", Severity::Warning, Some((1000, "ms")), true),
    row(Rule::FailoverRate, "failover_rate", "failover rate", Severity::Warning, Some((10, "percent")), true),
    row(Rule::ErrorRate, "error_rate", "error rate", Severity::Critical, Some((5, "percent")), true),
    row(Rule::ProviderDown, "provider_down", "provider down", Severity::Critical, None, true),
    row(Rule::RegionDown, "region_down", "region down", Severity::Critical, None, true),
    row(Rule::Budget, "budget", "budget", Severity::Warning, None, false),
    row(Rule::Balance, "balance", "low balance", Severity::Warning, None, false),
    row(Rule::SpendJump, "spend_jump", "spend jump", Severity::Warning, Some((200, "percent")), true),
    row(Rule::KeyExpiry, "key_expiry", "key expiry", Severity::Warning, Some((7, "days")), false),
    row(Rule::PriceUnknown, "price_unknown", "price unknown", Severity::Warning, None, false),
    row(
        Rule::UpstreamBalance,
        "upstream_balance",
        "upstream balance",
        Severity::Critical,
        Some((10, "units")),
        false,
    ),
];

const fn row(
    rule: Rule,
    name: &'static str,
    title: &'static str,
    severity: Severity,
    threshold: Option<(u64, &'static str)>,
    flaps: bool,
) -> Row {
    Row { rule, name, title, severity, threshold, flaps }
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; TABLE.len()] = {
        let (mut all, mut place) = ([Self::Latency; TABLE.len()], 0);
        while place < TABLE.len() {
            all[place] = TABLE[place].rule;
            place += 1;
        }
        all
    };

    /// As it is configured, kept and shown.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The rule of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// As a title has it.
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// How much it matters unless configured.
    pub const fn severity(self) -> Severity {
        self.row().severity
    }

    /// From where on it is bad unless configured, and what of; `None` where there is nothing to say.
    pub const fn threshold(self) -> Option<(u64, &'static str)> {
        self.row().threshold
    }

    /// Whether what is over has to stay so for a while before it counts as over.
    pub const fn flaps(self) -> bool {
        self.row().flaps
    }

    /// Rows stand in the order of the variants, which a test checks.
    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// As it is configured, kept and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rule, Severity, TABLE};

    #[test]
    fn every_rule_stands_in_its_row_and_is_found_by_its_name() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.rule as usize, place, "{}", row.name);
            assert_eq!(Rule::named(row.name), Some(row.rule));
            assert_eq!(serde_json::to_value(row.rule).unwrap(), row.name);
        }
        assert_eq!(Rule::named("weather"), None);
        for severity in Severity::ALL {
            assert_eq!(Severity::named(severity.name()), Some(severity));
        }
    }
}
