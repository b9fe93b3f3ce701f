//! Watching answers that pass untouched, of any dialect: what they tell, and how much of them is sound.

mod counted;
mod ended;
mod facts;
mod loose;
mod numbers;
mod reading;
mod reply;
mod stream;
mod usage;

pub use counted::Counted;
pub use ended::flaw_of_end;
pub(crate) use facts::Facts;
pub use facts::StreamFault;
pub use loose::LOOSE_EVENT_BYTES_MAX;
pub use reply::ReplyWatch;
pub(crate) use reply::{ERROR, KIND, USAGE, WANTED, is_no_error};
pub use stream::StreamWatch;
pub(crate) use usage::parse_usage;
