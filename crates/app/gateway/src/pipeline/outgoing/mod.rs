//! What is sent to one target, and how its answer is to be read: decided, then written, as it came or translated.

mod as_it_came;
mod decision;
mod request;
mod rescued;
mod translated;

pub(super) use decision::outgoing;
pub(super) use request::{Outgoing, Sent, Wanted};
