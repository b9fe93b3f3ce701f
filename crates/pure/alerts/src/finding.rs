//! What one look has found: what is bad, what nobody can say, and by silence what is good.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::rule::{Rule, Severity};

/// Something that is bad.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// By which rule.
    pub rule: Rule,
    /// What it is about: a provider, an account, a key.
    pub subject: String,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence with the figures.
    pub summary: String,
    /// More for machines; null if there is none.
    pub details: Value,
}

/// What one look has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// What is bad. What of a rule is not named here is good, but for the following.
    pub bad: Vec<Finding>,
    /// Rules of which nothing was looked at.
    pub unseen: BTreeSet<Rule>,
    /// What nobody can say.
    pub unknown: BTreeSet<(Rule, String)>,
}

impl Findings {
    /// Whether this look says nothing about a subject.
    pub(crate) fn is_silent_on(&self, rule: Rule, subject: &str) -> bool {
        let is_unknown = |subject: &str| self.unknown.contains(&(rule, subject.to_owned()));
        // Of an account that told of several currencies, each is a subject of its own.
        let account = subject.rsplit_once(" in ").filter(|_| rule == Rule::UpstreamBalance);
        self.unseen.contains(&rule)
            || is_unknown(subject)
            || account.is_some_and(|(account, _)| is_unknown(account))
    }
}
