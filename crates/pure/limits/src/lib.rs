//! What callers may use of what there is: budgets of money for each day or month, limits of how fast and how much at once, and who
//! waits for whom. Decisions only; `now` is an argument, and what was spent is kept elsewhere.

pub mod budget;
pub mod queue;
pub mod rate;
mod tick;

pub use tick::Tick;
