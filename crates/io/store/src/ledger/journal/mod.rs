//! The journal of money: every decision in the order it was made, in files that are only written behind one another.
//! The database is made of it (docs/decisions/0031).

mod body;
mod buffer;
mod error;
pub(crate) mod fail_point;
mod identity;
mod level;
mod open;
mod reader;
mod record;
mod segment;
mod shelf;
mod tail;
#[cfg(test)]
mod tests;
mod threads;
mod voided;

pub use error::{AppendError, JournalError, JournalFailure, WaitError};
pub(crate) use identity::{JournalId, JournalIdentity};
pub use level::{Level, Reached};
pub use open::{Journal, JournalSizes};
pub(crate) use open::{JournalFolder, KeptFiles, node_folder};
pub(crate) use reader::{BatchReader, Next, Stop};
pub(crate) use record::{ChainHash, checksum};
pub(crate) use segment::{BootId, SegmentFile};
pub use shelf::SPARE_SEGMENTS_MIN;
pub(crate) use tail::{AppliedTo, boot_id, find};
pub(crate) use voided::voided;
