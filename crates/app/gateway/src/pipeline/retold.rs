//! An answer that was kept, told again: byte for byte, and a stream as a stream.

use bytes::Bytes;

use crate::body_budget::BodyLease;

/// It leaves in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;

/// The body of an answer that is told again.
#[derive(Debug)]
pub(crate) struct Retold {
    rest: Bytes,
    is_stream: bool,
    /// Counted until all of it has left.
    _memory: BodyLease,
}

impl Retold {
    pub(super) fn new(body: Vec<u8>, is_stream: bool, memory: BodyLease) -> Box<Self> {
        Box::new(Self { rest: Bytes::from(body), is_stream, _memory: memory })
    }

    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let length = self.rest.len().min(PIECE_BYTES);
        (length > 0).then(|| self.rest.split_to(length))
    }

    pub(crate) fn is_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Of a stream nobody was told how long it would be.
    pub(crate) fn known_length(&self) -> Option<u64> {
        (!self.is_stream).then_some(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE_BYTES, Retold};
    use crate::body_budget::BodyBudget;

    #[test]
    fn it_leaves_in_order_and_whole() {
        let budget = BodyBudget::new(None);
        let body: Vec<u8> = (0..PIECE_BYTES * 2 + 5).map(|place| place as u8).collect();
        let mut retold = Retold::new(body.clone(), false, budget.lease());
        assert_eq!(retold.known_length(), Some(body.len() as u64));
        let pieces: Vec<_> = std::iter::from_fn(|| retold.next()).collect();
        assert!(pieces.len() == 3 && pieces.concat() == body && retold.is_end());
        assert_eq!(Retold::new(body, true, budget.lease()).known_length(), None);
        assert!(Retold::new(Vec::new(), true, budget.lease()).next().is_none());
    }
}
