//! An answer written event by event. Items follow each other: what comes for a later one while a call is being told waits
//! for its turn.

mod item_events;
mod numbered;
mod state;
#[cfg(test)]
mod tests;
mod turns;
mod writer;

pub(super) use state::ResponsesWriter;
