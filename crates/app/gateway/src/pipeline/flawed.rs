//! A flaw of a conversation, as its caller is told.

use dialects::canonical::Flaw;
use domain::{Failure, Kind};

/// A request that cannot be carried, as the caller is told.
pub(crate) fn flawed(flaw: Flaw) -> Box<Failure> {
    let failure = Failure::new(Kind::BadRequest, flaw.message);
    match flaw.param {
        Some(param) => failure.with_param(param),
        None => failure,
    }
}
