//! Watching answers that pass untouched, of any dialect: what they tell, and how much of them is sound.

mod reply;
mod stream;

pub use reply::ReplyWatch;
pub(crate) use reply::{ERROR, KIND, USAGE, WANTED, is_no_error, parse_usage};
pub(crate) use stream::Facts;
pub use stream::{StreamFault, StreamWatch};
