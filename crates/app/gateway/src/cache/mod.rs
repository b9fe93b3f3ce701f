//! Answers kept in memory for whoever asks the same: what they are known by, how long they last, who waits for whom.
//! What a call makes of them is in `pipeline`.

mod answer;
mod controls;
mod epochs;
mod flights;
mod headers;
mod name;
mod part;
mod room;
mod served;
mod shown;
mod tally;

pub(crate) use answer::{CachedAnswer, Spend, percent_of};
pub(crate) use controls::Controls;
pub use epochs::FlushScope;
pub(crate) use flights::{Seat, Turn};
pub(crate) use headers::decides;
pub(crate) use name::{AnswerName, Asked, name_of};
pub(crate) use part::{CachePart, CacheState, Fill};
pub(crate) use room::AnswerCache;
pub(crate) use served::ServedCache;
