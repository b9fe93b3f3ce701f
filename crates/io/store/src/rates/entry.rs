//! Limits as they are kept: what they say, whose they are, and who may change them.

use domain::{OrganisationId, Timestamp};
use limits::budget::Scope;
use limits::rate::{OnLimit, Terms};
use serde_json::{Value, json};

use crate::keys::PlanName;

/// Most bundles of limits at once.
pub const LIMITS_MAX: usize = 100_000;

/// Most of them in one answer.
pub const LIMITS_PER_PAGE_MAX: u32 = 1_000;

/// What is said of somebody's use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// These limits.
    Limits(Terms),
    /// Those of a plan, by its name.
    Plan(PlanName),
}

/// A bundle of limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitEntry {
    /// Its number. Never given twice.
    pub number: u64,
    /// Whose calls it is for.
    pub scope: Scope,
    /// What it says.
    pub says: Says,
    /// Whose the key or the project is.
    pub organisation: OrganisationId,
    /// Whether the operator has set it: then nobody else changes it.
    pub is_operators: bool,
    /// When it was set.
    pub created_at: Timestamp,
}

/// Limits that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLimit {
    /// Whose calls they are to be for.
    pub scope: Scope,
    /// What they are to say.
    pub says: Says,
}

impl Says {
    /// Of each sort there is one for anybody: a plan, limits that warn, and limits that act.
    pub const fn sort(&self) -> &'static str {
        match self {
            Self::Plan(_) => "plan",
            Self::Limits(terms) if matches!(terms.on_limit(), OnLimit::Warn) => "soft",
            Self::Limits(_) => "hard",
        }
    }

    /// As people and the audit are shown it.
    pub fn json(&self) -> Value {
        match self {
            Self::Plan(plan) => json!({ "plan": plan.as_str() }),
            Self::Limits(terms) => {
                let mut shown: Value = terms
                    .iter()
                    .map(|(measure, amount)| (measure.name().to_owned(), Value::from(amount)))
                    .collect();
                if let Some(seconds) = terms.burst_seconds() {
                    shown["burst_seconds"] = seconds.into();
                }
                let end = terms.on_limit();
                shown["on_limit"] = end.when_reached().name().into();
                if let Some(wait) = end.wait() {
                    shown["queue_wait_ms"] = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).into();
                }
                shown
            }
        }
    }
}

impl LimitEntry {
    /// As it is shown beside the key that it is for.
    pub fn beside_key(&self) -> Value {
        json!({
            "number": self.number,
            "set_by": if self.is_operators { "operator" } else { "organisation" },
            "limits": self.says.json(),
        })
    }

    /// As the audit shows it.
    pub(super) fn json(&self) -> Value {
        json!({
            "number": self.number,
            "scope": self.scope.kind(),
            "scope_id": self.scope.id(),
            "sort": self.says.sort(),
            "says": self.says.json(),
            "is_operators": self.is_operators,
        })
    }
}
