//! Errors of requests that are wrong, with the parameter at fault.

use crate::reply::{Body, Reply};

/// What every check answers with.
pub(super) type Checked = Result<(), Reply>;

/// The error of a wrong request.
pub(super) fn invalid(param: &str, code: Option<&str>, problem: &str) -> Reply {
    refuse(400, param, code, problem)
}

/// The error of a request with another status.
pub(super) fn refuse(status: u16, param: &str, code: Option<&str>, problem: &str) -> Reply {
    let mut reply = Reply::error(status, "", problem);
    if let Body::Json(value) = &mut reply.body {
        value["error"]["param"] = if param.is_empty() { None } else { Some(param) }.into();
        value["error"]["code"] = code.into();
    }
    reply
}

/// Refuses with `invalid_value` unless the rule holds.
pub(super) fn demand(holds: bool, param: &str, problem: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(invalid(param, Some("invalid_value"), &problem())) }
}
