//! Who asks, and what he may: deny by default. What a role may do stands in one table, what a route needs stands in its row.

mod actor;
mod needs;
mod permission;
mod visitor;

pub(crate) use actor::Actor;
pub(crate) use needs::{Needs, admit};
pub(crate) use permission::Permission;
pub(crate) use visitor::{Said, Visitor};
