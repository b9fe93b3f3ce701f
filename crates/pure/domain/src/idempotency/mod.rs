//! A request that may be sent twice and is to be done once: the key that its caller gives it, how that key stands, and what
//! a repeat gets. Where answers are kept is others' business.

mod key;
mod standing;

pub use key::{IDEMPOTENCY_KEY_CHARS_MAX, IdempotencyKey};
pub use standing::{Repeat, RequestDigest, Standing, Step};
