//! More than can be served at once: calls wait their turn, for a while, or are refused before they cost anything. How many
//! there may be, and who is next, is `routing::overload`'s to say; here it is waited.

mod admission;
mod capacity;
mod entrance;
mod figures;
mod limits;
mod refusal;
mod turn;
mod wait;

pub(crate) use admission::Admission;
pub(crate) use entrance::enter;
pub(crate) use figures::gauges;
pub(crate) use limits::{Before, limits_of};
pub(crate) use turn::{next_turn, nobody_left};
