//! What new organisations get: an account from the first moment, and a gift when they turn out to be somebody's.

mod desk;
mod ended;
mod sql;
#[cfg(test)]
mod suite;
mod terms;

pub use desk::{SignUpDesk, SignUpOutcome};
pub use terms::{SIGN_UP_WINDOW_DAYS, SignUpTerms};
