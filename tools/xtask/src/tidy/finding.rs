//! A rule, and what it found: where, what, why it matters, and what to do.

use std::fmt;

use super::tree::Tree;

/// One rule: its name, why the house has it, and the function that holds it.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) why: &'static str,
    pub(super) check: fn(&Tree) -> Vec<Finding>,
}

impl Rule {
    /// A finding of this rule; `what` and `remedy` are fragments, lower case, without a full stop.
    pub(super) fn finding(
        &self,
        path: &str,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        let (rule, why) = (self.name, self.why);
        Finding { rule, why, path: path.into(), line, what: what.into(), remedy: remedy.into() }
    }
}

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, as the exceptions file spells it.
    pub rule: &'static str,
    /// Why the house has the rule.
    pub why: &'static str,
    /// The file, from the root of the house.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { rule, why, path, line, what, remedy } = self;
        write!(out, "{path}:{line}: {what} [{rule}]\n    why: {why}\n    do:  {remedy}")
    }
}
