//! A caller's answer as it is when it is whole: its items and the object they stand in.

mod item;
mod response;
mod whole;

pub(super) use item::{Body, Content, OutputItem, words};
pub(super) use response::{Ending, response_object};
pub(super) use whole::write_reply;
