//! Keeping the configuration of a running gateway: taking a new one, putting a former one back, and saying what is in force.

mod apply;
mod comparison;
mod keeper;
mod noting;
mod refusal;
mod watch;

pub(super) use apply::Applier;
pub(super) use keeper::{Keeper, KeeperParts};
