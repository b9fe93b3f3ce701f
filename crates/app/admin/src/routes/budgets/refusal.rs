//! How refusals of the desk of budgets are told here.

use domain::Kind;
use http::StatusCode;
use limits::budget::RuleError;
use store::BudgetError;

use crate::refusal::Refusal;
use crate::whose;

impl From<BudgetError> for Refusal {
    fn from(error: BudgetError) -> Self {
        let message = error.to_string();
        match error {
            BudgetError::Taken { .. } => Self::special(StatusCode::CONFLICT, "budget_taken", message),
            BudgetError::TooMany | BudgetError::NoRoom { .. } => {
                Self::special(StatusCode::CONFLICT, "too_many_budgets", message)
            }
            BudgetError::Unknown(_) => Self::of(Kind::UnknownPath, message).with_code("budget_not_found"),
            BudgetError::UnknownScope(scope) => whose::unknown(&scope, message),
            BudgetError::Operators(_) | BudgetError::WholeOrganisation => Self::of(Kind::Forbidden, message),
            BudgetError::Rule(RuleError::Limit(_)) => Self::wrong("limit", message),
            BudgetError::Rule(RuleError::WarnPercent(_)) => Self::wrong("warn_percent", message),
            BudgetError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}
