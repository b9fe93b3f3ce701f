//! Who should serve a request, in what order, and why. Decisions only: nothing here opens a connection.

mod ask;
mod course;
#[cfg(test)]
mod course_tests;
mod eligibility;
pub mod health;
mod moment;
mod plan;
#[cfg(test)]
mod plan_tests;
mod policies;
mod retry;
mod rng;
mod route;
mod routes;
#[cfg(test)]
mod world;

pub use ask::Ask;
pub use course::{Circumstances, Course, Onward, Stopped, Turn};
pub use moment::Moment;
pub use plan::{Attempt, NoTarget, ORDER_MAX, Passed, Plan, Reason, Situation, plan};
pub use policies::{Condition, Policy};
pub use retry::{Backoff, BackoffForm, RetryBudget, RetryRules, Span, span_of};
pub use rng::Rng;
pub use route::{Route, Target, Tier, WEIGHT_DEFAULT, Ways};
pub use routes::{KnownNames, Listed, Retired, Routes, RoutesBuilder};
