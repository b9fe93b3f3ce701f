//! Answers that are kept for requests with an idempotency key: files of their own in the data directory, and in memory how
//! every key stands. No database is asked. What a repeat gets is decided in `domain`.

mod answer;
mod claim;
mod digests;
mod index;
mod mark;
mod opened;
mod queue;
mod record;
mod segment;
mod segments;
mod shelf;
mod shelved;
mod sizes;
#[cfg(test)]
mod tests;
mod writer;

pub use answer::KeptAnswer;
pub use claim::{Claim, Claimed};
pub use digests::{BodyDigest, KeyName, request_digest};
pub use opened::Reopened;
pub use queue::{Refused, Written};
pub use segments::AnswerPlace;
pub use shelf::{AnswerShelf, ReadError};
pub use sizes::{ANSWER_BYTES_MAX, ShelfSizes};

/// The folder in the data directory.
pub const IDEMPOTENCY_FOLDER: &str = "idempotency";
