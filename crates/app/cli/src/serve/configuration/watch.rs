//! When to look at the files again, and when what is seen there is worth reading: a file that is being written is left
//! alone until it rests.

use std::time::Duration;

use tokio::time::Instant;

use crate::seen::Seen;

/// Between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A change must last this long: whoever writes a file in several steps is not caught halfway.
const REST: Duration = Duration::from_millis(200);

/// The files as they were read last, and as they were found since.
pub(super) struct Watch {
    read: Seen,
    found: Option<Seen>,
    next_look: Instant,
}

impl Watch {
    pub(super) fn new(read: Seen) -> Self {
        Self { read, found: None, next_look: Instant::now() + LOOK_EVERY }
    }

    /// The files were read, for whatever reason.
    pub(super) fn note_read(&mut self, seen: Seen) {
        *self = Self::new(seen);
    }

    /// When the files are to be looked at.
    pub(super) const fn next_look(&self) -> Instant {
        self.next_look
    }

    /// Looks at the files: whether they changed and rest.
    pub(super) fn look(&mut self) -> bool {
        let now = self.read.again();
        let has_changed = now != self.read;
        let rests = has_changed && self.found.as_ref() == Some(&now);
        self.found = has_changed.then_some(now);
        self.next_look = Instant::now() + if has_changed && !rests { REST } else { LOOK_EVERY };
        rests
    }
}
