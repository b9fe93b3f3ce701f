//! What a call with an idempotency key keeps of it. Few calls have one: nothing here is made for the others.

use store::{Claimed, KeyName};

/// A key, and how far its call has come.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(crate) name: KeyName,
    /// SHA-256 of the body, once all of it has been read.
    pub(crate) body: Option<[u8; 32]>,
    /// While the call has its key for itself, until an answer begins. Dropped in a panic, it leaves the outcome unknown.
    pub(crate) claimed: Option<Claimed>,
    /// The call is answered with what was kept.
    pub(crate) is_replay: bool,
}

impl Keyed {
    pub(crate) fn new(name: KeyName) -> Box<Self> {
        Box::new(Self { name, body: None, claimed: None, is_replay: false })
    }

    /// The call ends without an answer: what cost nothing may be tried again under the same key.
    pub(crate) fn end(&mut self, has_used: bool) {
        if let Some(claimed) = &mut self.claimed {
            if has_used { claimed.lose() } else { claimed.free() }
        }
    }
}
