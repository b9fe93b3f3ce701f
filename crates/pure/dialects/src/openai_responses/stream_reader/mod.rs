//! A provider's answer, streamed or whole, read into events. What it is told twice, in deltas and in the finished item, is
//! told once here.

mod events;
mod items;
mod reader;
mod response;
mod state;

pub(super) use reader::read_reply;
pub(super) use state::ResponsesReader;
