//! `GET /admin/v1/budgets`: those within reach, in the order of their numbers, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use store::{BUDGETS_PER_PAGE_MAX, BudgetCell};

use super::shown::budget_json;
use crate::access::Visitor;
use crate::asked::{self, Asked, Page};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(super) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Asked<Page>,
) -> Result<Json<Value>, Refusal> {
    let (after, limit) = asked::page(page, BUDGETS_PER_PAGE_MAX, |text| text.parse().ok())?;
    let found = parts.budgets.page(&visitor.reach, after.unwrap_or(0), limit);
    let number = |budget: &Arc<BudgetCell>| budget.entry.rule.id.to_string();
    Ok(asked::listed("budgets", (&found, limit), number, |budget| budget_json(&parts, budget)))
}
