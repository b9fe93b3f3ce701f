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
    /// What it means and which command to begin with; `{}` is the subject.
    advice: &'static str,
}

const TABLE: [Row; 11] = [
    Row {
        rule: Rule::Latency,
        name: "latency",
        title: "latency",
        severity: Severity::Warning,
        threshold: Some((1000, "ms")),
        flaps: true,
        advice: "`bellwether top` shows whose answers are late; `bellwether provider drain {}` sends new calls elsewhere",
    },
    Row {
        rule: Rule::FailoverRate,
        name: "failover_rate",
        title: "failover rate",
        severity: Severity::Warning,
        threshold: Some((10, "percent")),
        flaps: true,
        advice: "callers are served, by others; `bellwether top` shows why",
    },
    Row {
        rule: Rule::ErrorRate,
        name: "error_rate",
        title: "error rate",
        severity: Severity::Critical,
        threshold: Some((5, "percent")),
        flaps: true,
        advice: "`bellwether requests list` shows which calls and why; `bellwether provider disable {}` takes it out",
    },
    Row {
        rule: Rule::ProviderDown,
        name: "provider_down",
        title: "provider down",
        severity: Severity::Critical,
        threshold: None,
        flaps: true,
        advice: "what only it serves cannot be had; `bellwether top` shows why and when it is tried again, `bellwether preflight` tries its keys",
    },
    Row {
        rule: Rule::RegionDown,
        name: "region_down",
        title: "region down",
        severity: Severity::Critical,
        threshold: None,
        flaps: true,
        advice: "calls go to other regions, where there are such; `bellwether top` shows why and when it is tried again",
    },
    Row {
        rule: Rule::Budget,
        name: "budget",
        title: "budget",
        severity: Severity::Warning,
        threshold: None,
        flaps: false,
        advice: "`bellwether budgets list` shows what is left and when it begins anew; `bellwether budgets change` makes it larger",
    },
    Row {
        rule: Rule::Balance,
        name: "balance",
        title: "low balance",
        severity: Severity::Warning,
        threshold: None,
        flaps: false,
        advice: "with nothing left its calls get 402; `bellwether accounts list` shows all, `bellwether accounts credit` gives it money",
    },
    Row {
        rule: Rule::SpendJump,
        name: "spend_jump",
        title: "spend jump",
        severity: Severity::Warning,
        threshold: Some((200, "percent")),
        flaps: true,
        advice: "`bellwether report` shows by whom and for which models",
    },
    Row {
        rule: Rule::KeyExpiry,
        name: "key_expiry",
        title: "key expiry",
        severity: Severity::Warning,
        threshold: Some((7, "days")),
        flaps: false,
        advice: "from then on its calls get 401; `bellwether keys rotate {}` makes its successor",
    },
    Row {
        rule: Rule::PriceUnknown,
        name: "price_unknown",
        title: "price unknown",
        severity: Severity::Warning,
        threshold: None,
        flaps: false,
        advice: "nobody is charged for them; `bellwether prices list` shows what has a price, `bellwether prices set` gives it one",
    },
    Row {
        rule: Rule::UpstreamBalance,
        name: "upstream_balance",
        title: "upstream balance",
        severity: Severity::Critical,
        threshold: Some((10, "units")),
        flaps: false,
        advice: "with nothing left it refuses our calls: pay in there; `bellwether alerts list` shows what is left",
    },
];

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

    /// What it means for callers and which command to begin with, for somebody who was woken up.
    pub fn advice(self, subject: &str) -> String {
        self.row().advice.replace("{}", subject)
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
