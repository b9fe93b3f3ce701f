//! How refusals of the desk of budgets are told here.

use domain::Kind;
use http::StatusCode;
use limits::budget::{RuleError, Scope};
use store::BudgetError;

use crate::refusal::Refusal;

impl From<BudgetError> for Refusal {
    fn from(error: BudgetError) -> Self {
        let message = error.to_string();
        match error {
            BudgetError::Taken { .. } => Self::special(StatusCode::CONFLICT, "budget_taken", message),
            BudgetError::TooMany | BudgetError::NoRoom { .. } => {
                Self::special(StatusCode::CONFLICT, "too_many_budgets", message)
            }
            BudgetError::Unknown(_) => Self::of(Kind::UnknownPath, message).with_code("budget_not_found"),
            BudgetError::UnknownScope(scope) => {
                Self::of(Kind::UnknownPath, message).with_code(not_found(&scope)).with_param(scope.kind())
            }
            BudgetError::Operators(_) | BudgetError::WholeOrganisation => Self::of(Kind::Forbidden, message),
            BudgetError::Rule(RuleError::Limit(_)) => Self::of(Kind::BadRequest, message).with_param("limit"),
            BudgetError::Rule(RuleError::WarnPercent(_)) => {
                Self::of(Kind::BadRequest, message).with_param("warn_percent")
            }
            BudgetError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}

const fn not_found(scope: &Scope) -> &'static str {
    match scope {
        Scope::Key(_) => "key_not_found",
        Scope::Project(_) => "project_not_found",
        Scope::Organisation(_) => "organisation_not_found",
    }
}
