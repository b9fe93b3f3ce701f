//! When a rule's finding becomes an alert, and when alerts are told.

use domain::Money;

use crate::rule::{Rule, Severity};

/// What it takes of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleTerms {
    /// Whether anybody is told.
    pub is_on: bool,
    /// How much it matters.
    pub severity: Severity,
    /// From where on it is bad, in the rule's unit.
    pub threshold: u64,
    /// How long it has to be bad before it is an alert.
    pub hold_ms: i64,
}

/// What it takes of each rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms([RuleTerms; Rule::ALL.len()]);

/// Spans that all rules share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// What rates are reckoned over.
    pub window_ms: i64,
    /// With fewer calls in that, nothing is said of their rates.
    pub calls_min: u64,
    /// How long it has to be good before it is over, for rules that flap.
    pub clear_ms: i64,
    /// How long what is to be told waits for more, to be told together.
    pub group_wait_ms: i64,
    /// When what goes on is told again; never if `None`.
    pub repeat_ms: Option<i64>,
    /// What spending is compared over: so long, and so long before.
    pub spend_window_ms: i64,
    /// Less in one such span is no jump.
    pub spend_min: Money,
}

impl Terms {
    /// What it takes of one.
    pub const fn of(&self, rule: Rule) -> &RuleTerms {
        &self.0[rule as usize]
    }

    /// To be changed.
    pub const fn of_mut(&mut self, rule: Rule) -> &mut RuleTerms {
        &mut self.0[rule as usize]
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self(Rule::ALL.map(|rule| RuleTerms {
            is_on: true,
            severity: rule.severity(),
            threshold: rule.threshold().map_or(0, |(threshold, _)| threshold),
            hold_ms: 0,
        }))
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            window_ms: 300_000,
            calls_min: 20,
            clear_ms: 60_000,
            group_wait_ms: 10_000,
            repeat_ms: Some(86_400_000),
            spend_window_ms: 3_600_000,
            spend_min: Money::from_nano(domain::NANO),
        }
    }
}
