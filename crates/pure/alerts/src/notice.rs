//! A message about alerts, whoever it goes to: what happened to which of them.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::alert::Alert;
use crate::rule::{Rule, Severity};

/// What happened to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It is bad.
    Raised,
    /// It still is.
    GoesOn,
    /// It is over.
    Resolved,
    /// Nothing: somebody tries the channel.
    Test,
}

/// One alert in a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What happened.
    pub event: Event,
    /// By which rule.
    pub rule: Rule,
    /// What it is about.
    pub subject: String,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence with the figures.
    pub summary: String,
    /// More for machines.
    #[serde(default)]
    pub details: Value,
    /// An alert since, in milliseconds of the Unix epoch.
    pub raised_at_ms: i64,
    /// Over since.
    pub resolved_at_ms: Option<i64>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The name of this gateway.
    pub service: String,
    /// What happened to which alerts; at least one.
    pub items: Vec<Item>,
}

impl Event {
    /// As it is told to machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::GoesOn => "goes_on",
            Self::Resolved => "resolved",
            Self::Test => "test",
        }
    }
}

impl Item {
    pub(crate) fn of(alert: &Alert, event: Event) -> Self {
        Self {
            event,
            rule: alert.rule,
            subject: alert.subject.clone(),
            severity: alert.severity,
            summary: alert.summary.clone(),
            details: alert.details.clone(),
            raised_at_ms: alert.raised_at.unwrap_or(alert.since).unix_ms(),
            resolved_at_ms: alert.resolved_at.map(Timestamp::unix_ms),
        }
    }

    /// For trying a channel.
    pub fn test(now: Timestamp) -> Self {
        Self {
            event: Event::Test,
            rule: Rule::ProviderDown,
            subject: "test".to_owned(),
            severity: Severity::Info,
            summary: "this is a test of the channel: nothing is wrong".to_owned(),
            details: Value::Null,
            raised_at_ms: now.unix_ms(),
            resolved_at_ms: None,
        }
    }

    /// What it means and which command to begin with; nothing where there is nothing to do.
    pub fn advice(&self) -> Option<String> {
        matches!(self.event, Event::Raised | Event::GoesOn).then(|| self.rule.advice(&self.subject))
    }

    /// What it is known by to those who are told: the same when it begins and when it is over.
    pub fn key(&self) -> String {
        format!("{}:{}", self.rule.name(), self.subject)
    }
}
