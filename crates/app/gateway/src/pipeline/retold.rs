//! An answer that was kept, told again: byte for byte, and a stream as a stream.

use bytes::Bytes;
use memchr::memchr_iter;

use crate::body_budget::BodyLease;

/// It leaves in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;

/// The body of an answer that is told again.
#[derive(Debug)]
pub(crate) struct Retold {
    rest: Bytes,
    is_stream: bool,
    leaves_by_event: bool,
    /// Counted until all of it has left, where it is this call's alone.
    _memory: Option<BodyLease>,
}

impl Retold {
    pub(super) fn new(body: Vec<u8>, is_stream: bool, memory: BodyLease) -> Box<Self> {
        Box::new(Self { rest: Bytes::from(body), is_stream, leaves_by_event: false, _memory: Some(memory) })
    }

    /// Of an answer that many have in common: a stream leaves event by event.
    pub(super) fn shared(body: Bytes, is_stream: bool) -> Box<Self> {
        Box::new(Self { rest: body, is_stream, leaves_by_event: is_stream, _memory: None })
    }

    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let length = self.next_length();
        (length > 0).then(|| self.rest.split_to(length))
    }

    /// To the end of the next event of a stream; of all else as much as leaves at once.
    fn next_length(&self) -> usize {
        let most = self.rest.len().min(PIECE_BYTES);
        if !self.leaves_by_event {
            return most;
        }
        let ends = memchr_iter(b'\n', &self.rest[..most]).map(|at| at + 1);
        let is_event_end =
            |end: &usize| self.rest[..*end].ends_with(b"\n\n") || self.rest[..*end].ends_with(b"\r\n\r\n");
        ends.into_iter().find(is_event_end).unwrap_or(most)
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
        let events = [&b"data: a\n\n"[..], b"event: b\r\ndata: c\r\n\r\n", b"data: [DONE]\n\n", b"rest"];
        let mut retold = Retold::shared(events.concat().into(), true);
        let pieces: Vec<_> = std::iter::from_fn(|| retold.next()).collect();
        assert!(pieces == events && retold.is_end());
        assert!(Retold::new(Vec::new(), true, budget.lease()).next().is_none());
    }
}
