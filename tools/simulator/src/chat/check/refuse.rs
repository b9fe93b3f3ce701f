//! Errors of chats that are wrong, with the parameter at fault.

use crate::reply::{Body, Reply};

/// What every check answers with.
pub(super) type Checked = Result<(), Reply>;

/// Refuses with `invalid_value` unless the rule holds.
pub(super) fn demand(holds: bool, param: &str, problem: impl FnOnce() -> String) -> Checked {
    demand_as(holds, param, "invalid_value", problem)
}

/// Refuses with this code unless the rule holds.
pub(super) fn demand_as(holds: bool, param: &str, code: &str, problem: impl FnOnce() -> String) -> Checked {
    if holds {
        return Ok(());
    }
    let mut reply = Reply::error(400, code, &problem());
    if let Body::Json(value) = &mut reply.body {
        value["error"]["param"] = param.into();
    }
    Err(reply)
}
