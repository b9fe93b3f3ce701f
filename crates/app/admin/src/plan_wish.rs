//! Plans as they are wished for: which is meant, whether there is one, and who may say so. Who could choose his own plan would
//! have none.

use domain::Kind;
use store::{PLAN_NONE, PlanName};

use crate::access::{Actor, Visitor};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// Refuses plans of keys that somebody may not set, or that are none.
pub(crate) fn permit_plans<'w>(
    parts: &AdminParts,
    visitor: &Visitor,
    wished: impl IntoIterator<Item = &'w str>,
) -> Result<(), Refusal> {
    for plan in wished {
        if matches!(visitor.actor, Actor::User(_)) {
            let message = "the plan of a key is set by the operator; limits beside it are yours to set";
            return Err(Refusal::of(Kind::Forbidden, message).with_param("plan"));
        }
        known(parts, plan)?;
    }
    Ok(())
}

/// A plan that there is.
pub(crate) fn known(parts: &AdminParts, plan: &str) -> Result<PlanName, Refusal> {
    let plans = (parts.limit_view.plans)();
    let is_known = plan == PLAN_NONE || plans.iter().any(|(name, _)| name == plan);
    PlanName::parse(plan).filter(|_| is_known).ok_or_else(|| {
        let names: Vec<&str> = plans.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!(
            "{plan:?} is no plan; there are {}, and none for who is on no plan; limits.plans in the configuration adds one",
            names.join(", ")
        );
        Refusal::of(Kind::BadRequest, message).with_param("plan")
    })
}
