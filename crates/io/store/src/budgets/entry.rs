//! A budget as it is kept: what it says, whose it is, and who may change it.

use domain::{OrganisationId, Timestamp};
use limits::budget::{Period, Rule, Scope, Terms, Zone};
use serde_json::{Value, json};

/// Most budgets at once.
pub const BUDGETS_MAX: usize = 100_000;

/// Most of them in one answer.
pub const BUDGETS_PER_PAGE_MAX: u32 = 1_000;

/// A budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetEntry {
    /// What it says.
    pub rule: Rule,
    /// Whose the key or the project is.
    pub organisation: OrganisationId,
    /// Whether the operator has set it: then nobody else changes it.
    pub is_operators: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A budget that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBudget {
    /// Whose calls it is to be for.
    pub scope: Scope,
    /// How often it begins anew.
    pub period: Period,
    /// By whose clocks.
    pub zone: Zone,
    /// How much, and what happens at its end.
    pub terms: Terms,
}

impl BudgetEntry {
    /// As the audit shows it.
    pub(super) fn json(&self) -> Value {
        let Rule { id, scope, period, zone, terms } = &self.rule;
        json!({
            "number": id.0,
            "scope": scope.kind(),
            "scope_id": scope.id(),
            "period": period.name(),
            "zone": zone.name(),
            "limit": terms.limit.to_string(),
            "warn_percent": terms.warn_percent,
            "is_hard": terms.is_hard,
            "is_operators": self.is_operators,
        })
    }
}
