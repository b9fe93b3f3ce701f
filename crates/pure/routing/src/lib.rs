//! Who should serve a request, in what order, and why. Decisions only: nothing here opens a connection.

pub mod health;
mod moment;
mod plan;
mod rng;
mod routes;
mod turns;

pub use moment::Moment;
pub use plan::{Ask, Attempt, NoTarget, Passed, Plan, Reason, plan};
pub use routes::{KnownNames, Listed, Retired, Route, Routes, RoutesBuilder, Target};
pub use rng::Rng;
pub use turns::Turns;
