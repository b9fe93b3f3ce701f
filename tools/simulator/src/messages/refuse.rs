//! Errors of requests that are wrong.

use crate::dialect::Dialect;
use crate::reply::Reply;

/// What every check answers with.
pub(super) type Checked = Result<(), Reply>;

/// The error of a wrong request.
pub(super) fn invalid(problem: &str) -> Reply {
    Dialect::Messages.refuse(400, "", problem)
}

/// Refuses unless the rule holds.
pub(super) fn demand(holds: bool, problem: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(invalid(&problem())) }
}
