//! The Messages dialect: fixtures that come back as they went, streams however they are cut, and the corners of writing and
//! reading.
#![cfg(test)]

#[path = "anthropic_messages/fixtures.rs"]
mod fixtures;
#[path = "anthropic_messages/marks.rs"]
mod marks;
#[path = "anthropic_messages/prefixes.rs"]
mod prefixes;
#[path = "anthropic_messages/reading.rs"]
mod reading;
#[path = "anthropic_messages/requests.rs"]
mod requests;
#[path = "anthropic_messages/speech.rs"]
mod speech;
#[path = "anthropic_messages/streams.rs"]
mod streams;
#[path = "anthropic_messages/writing.rs"]
mod writing;
