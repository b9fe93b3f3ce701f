//! What was read of an answer and has not left yet: in the pieces in which it came, so that a large one is not copied.

use std::borrow::Cow;

use bytes::Bytes;

use crate::body_budget::BodyLease;
use crate::pipeline::body_reader::keep;
use crate::pipeline::events::HELD_BYTES_MAX;

/// Pieces, in their order.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pieces: Vec<Bytes>,
    /// So many of the pieces have left.
    left: usize,
    /// Of one that is held beyond what each answer may keep.
    memory: Option<BodyLease>,
}

impl Kept {
    pub(super) fn add(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            keep(&mut self.pieces, piece);
        }
    }

    /// Keeps this instead.
    pub(super) fn replace(&mut self, whole: Bytes) {
        (self.pieces, self.left) = (vec![whole], 0);
    }

    /// Its memory is counted from here on, until all of it has left.
    pub(super) fn count(&mut self, memory: BodyLease) {
        self.memory = Some(memory);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left == self.pieces.len()
    }

    pub(super) fn length(&self) -> u64 {
        self.pieces[self.left..].iter().map(|piece| piece.len() as u64).sum()
    }

    /// All of it in one piece.
    pub(super) fn whole(&self) -> Cow<'_, [u8]> {
        match &self.pieces[self.left..] {
            [only] => Cow::Borrowed(only),
            several => Cow::Owned(several.concat()),
        }
    }

    /// The next piece to leave.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let piece = std::mem::take(self.pieces.get_mut(self.left)?);
        self.left += 1;
        if self.is_empty() {
            *self = Self::default();
        }
        Some(piece)
    }

    /// Changes its beginning, of which as much is looked at as every answer may keep.
    pub(super) fn change_beginning(&mut self, change: impl FnOnce(&[u8]) -> Option<Vec<u8>>) {
        let mut length = 0;
        let within = |piece: &&Bytes| {
            length += piece.len();
            length - piece.len() < HELD_BYTES_MAX
        };
        let count = self.pieces.iter().take_while(within).count();
        let changed = match &self.pieces[..count] {
            [only] => change(only),
            several => change(&several.concat()),
        };
        if let Some(changed) = changed {
            self.pieces.splice(..count, [Bytes::from(changed)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{HELD_BYTES_MAX, Kept};
    use crate::body_budget::BodyBudget;

    const LARGE: usize = HELD_BYTES_MAX / 2;

    fn large(byte: u8) -> Bytes {
        Bytes::from(vec![byte; LARGE])
    }

    #[test]
    fn large_pieces_leave_as_they_came_and_memory_with_the_last() {
        let budget = BodyBudget::new(Some(1 << 20));
        let (mut kept, mut memory) = (Kept::default(), budget.lease());
        let pieces = [large(b'a'), large(b'b'), large(b'c')];
        pieces.iter().for_each(|piece| kept.add(piece.clone()));
        assert!(memory.grow_to(3 * LARGE));
        kept.count(memory);
        for piece in &pieces {
            assert!(budget.bytes_taken() > 0 && kept.length() >= LARGE as u64);
            assert_eq!(kept.next().unwrap().as_ptr(), piece.as_ptr());
        }
        assert!(kept.is_empty() && kept.next().is_none());
        assert_eq!(budget.bytes_taken(), 0);
    }

    #[test]
    fn only_the_beginning_is_changed() {
        let mut kept = Kept::default();
        [b'a', b'b', b'c', b'd'].iter().for_each(|byte| kept.add(large(*byte)));
        kept.change_beginning(|beginning| {
            assert_eq!(beginning.len(), HELD_BYTES_MAX);
            Some(b"changed".to_vec())
        });
        assert_eq!(*kept.whole(), *[&b"changed"[..], &large(b'c'), &large(b'd')].concat());
        kept.change_beginning(|_| None);
        assert_eq!(kept.length() as usize, 7 + 2 * LARGE);
    }
}
