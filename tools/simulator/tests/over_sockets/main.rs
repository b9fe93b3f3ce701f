//! The simulator as a peer sees it: real sockets, a raw client, no knowledge of the inside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop, in its helper functions too")]

mod answers;
mod chats;
mod control;
mod demo;
mod door;
mod faults;
mod hang_ups;
mod http;
mod media;
mod messages;
mod named_events;
mod raw_client;
mod responses;
mod scenarios;
