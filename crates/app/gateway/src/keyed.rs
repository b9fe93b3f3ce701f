//! What a call with an idempotency key keeps of it. Few calls have one: nothing here is made for the others.

use store::{Claimed, KeyName};

/// A key, and how far its call has come.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(crate) name: KeyName,
    /// SHA-256 of the body, once all of it has been read.
    pub(crate) body: Option<[u8; 32]>,
    /// From the moment on that the call has its key for itself. Dropped with the call, it says by itself what that means.
    pub(crate) claimed: Option<Claimed>,
    /// The call is answered with what was kept.
    pub(crate) is_replay: bool,
}

impl Keyed {
    pub(crate) fn new(name: KeyName) -> Box<Self> {
        Box::new(Self { name, body: None, claimed: None, is_replay: false })
    }
}
