//! Who should serve a request, in what order, and why. Decisions only: nothing here opens a connection.

mod ask;
mod caching;
mod capability;
mod condition;
mod course;
#[cfg(test)]
mod course_full_tests;
#[cfg(test)]
mod course_tests;
mod eligibility;
mod entry;
mod hash;
pub mod health;
mod hedge;
mod manner;
mod moment;
mod names;
pub mod overload;
mod plan;
#[cfg(test)]
mod plan_tests;
mod policies;
mod retry;
mod rng;
mod route;
mod routes;
mod sample;
mod server;
mod situation;
mod target;
#[cfg(test)]
mod world;

pub use ask::Ask;
pub use caching::{CacheRule, CacheScope, Caching};
pub use capability::{Capabilities, Capability};
pub use condition::Condition;
pub use course::{Circumstances, Course, Onward, Stopped, Turn};
pub use entry::{Attempt, Passed, Reason};
pub use hedge::{Hedge, HedgeRules};
pub use manner::{Manner, ModelField, Resume};
pub use moment::Moment;
pub use names::{KnownNames, Retired};
pub use plan::{NoTarget, ORDER_MAX, Plan, dry_run, plan};
pub use policies::Policy;
pub use retry::{Backoff, BackoffForm, RetryBudget, RetryRules, Span, span_of, stand_in_after};
pub use rng::Rng;
pub use route::{Route, Tier, Ways};
pub use routes::{Listed, Routes, RoutesBuilder};
pub use situation::Situation;
pub use target::{Target, TargetLimits, Traits, WEIGHT_DEFAULT};
