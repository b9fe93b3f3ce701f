//! How many are asked, or served, at once: limits, those who wait at them in their order, and what a provider's refusals
//! teach. It is all counted by all workers together.

mod adaptive;
#[cfg(test)]
mod adaptive_tests;
mod bounds;
mod gate;
#[cfg(test)]
mod gate_tests;
mod queue;
mod room;
mod waiter;

pub use adaptive::{Adaptive, AdaptiveMode, AdaptiveRules, Refusal};
pub use bounds::{Bounds, Limited};
pub use gate::{Gate, UNLIMITED};
pub use room::Room;
pub use waiter::Waiter;
