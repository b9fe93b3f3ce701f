//! What a change of models is worth: what the same tokens cost on either, what the move takes, and when that is paid back.
//! Whole numbers only, and nothing is asked of anybody.

mod listed;
mod problem;
mod read;
mod reckon;
mod text;
mod tokens;
mod told;

pub use problem::RoiProblem;
pub use reckon::{Answer, Question, Side, Spent};
pub use text::{RoiText, SideText};
pub use tokens::{TOKENS_MAX, Tokens};
pub use told::{RoiTold, SideTold, SpentTold};
