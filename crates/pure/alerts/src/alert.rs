//! One alert: what is bad, since when, and what was told of it.

use std::collections::BTreeMap;

use domain::Timestamp;
use serde_json::Value;

use crate::rule::{Rule, Severity};

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Bad, but not for long enough.
    Pending,
    /// Bad.
    Firing,
    /// It was bad.
    Resolved,
}

/// What was told of it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing.
    Nothing,
    /// That it is bad.
    Raised,
    /// That it is over.
    Resolved,
}

/// What is bad or was.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// By which rule.
    pub rule: Rule,
    /// What it is about.
    pub subject: String,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence with the figures of the last time it was bad.
    pub summary: String,
    /// More for machines.
    pub details: Value,
    /// How it stands.
    pub state: AlertState,
    /// Bad since.
    pub since: Timestamp,
    /// An alert since.
    pub raised_at: Option<Timestamp>,
    /// Seen good since.
    pub good_since: Option<Timestamp>,
    /// Over since.
    pub resolved_at: Option<Timestamp>,
    /// What was told last.
    pub told: Told,
    /// When.
    pub told_at: Option<Timestamp>,
    /// The channels that know that it is bad, by name, and when each was told last.
    pub known_to: BTreeMap<String, Timestamp>,
}

impl AlertState {
    const ALL: [Self; 3] = [Self::Pending, Self::Firing, Self::Resolved];

    /// As it is kept and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }

    /// The state of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Told {
    const ALL: [Self; 3] = [Self::Nothing, Self::Raised, Self::Resolved];

    /// As it is kept and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Raised => "raised",
            Self::Resolved => "resolved",
        }
    }

    /// What a name stands for.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|told| told.name() == name)
    }
}

impl Alert {
    /// What it is known by, also to those who are told: the same for as long as it comes and goes.
    pub fn key(&self) -> String {
        format!("{}:{}", self.rule.name(), self.subject)
    }
}
