//! A budget as it is shown: what it says and how it stands.

use limits::budget::Rule;
use serde_json::{Value, json};
use store::BudgetCell;

use crate::parts::AdminParts;

pub(super) fn budget_json(parts: &AdminParts, budget: &BudgetCell) -> Value {
    let (entry, standing) = (&budget.entry, budget.standing((parts.clock)()));
    let Rule { id, scope, period, zone, .. } = &entry.rule;
    let window = standing.window;
    let begins_at = if window.is_endless() { entry.created_at } else { window.start };
    json!({
        "number": id.0,
        "scope": scope.kind(),
        "id": scope.id(),
        "organisation": entry.organisation.as_str(),
        "set_by": if entry.is_operators { "operator" } else { "organisation" },
        "period": period.name(),
        "zone": zone.name(),
        "limit": standing.terms.limit.to_string(),
        "currency": parts.prices.book().currency().code(),
        "warn_percent": standing.terms.warn_percent,
        "is_hard": standing.terms.is_hard,
        "used": standing.used.to_string(),
        "held": standing.held.to_string(),
        "available": standing.available().to_string(),
        "is_warned": standing.warns(),
        "begins_at": zone.shown(begins_at),
        "ends_at": (!window.is_endless()).then(|| zone.shown(window.end)),
        "created_at": entry.created_at.rfc3339(),
    })
}
