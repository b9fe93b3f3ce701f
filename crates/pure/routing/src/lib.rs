//! Who should serve a request, in what order, and why. Decisions only: nothing here opens a connection.

mod plan;
mod routes;
mod turns;

pub use plan::{Ask, Attempt, NoTarget, Passed, Plan, Reason, plan};
pub use routes::{KnownNames, Listed, Retired, Route, Routes, RoutesBuilder, Target};
pub use turns::Turns;
