//! An answer that goes on with another that broke off.

use dialects::Dialect;
use dialects::translation::BackMap;

use crate::pipeline::going_on::Approach;

/// An answer that goes on with another.
#[derive(Debug)]
pub(crate) struct NextSource {
    pub(super) dialect: Dialect,
    pub(super) back_map: BackMap,
    pub(super) approach: Approach,
}
