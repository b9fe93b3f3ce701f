//! As much of an answer as has passed, in counted memory, up to a length.

use crate::body_budget::BodyLease;

/// What has passed of an answer.
#[derive(Debug)]
pub(super) struct Gathered {
    body: Vec<u8>,
    memory: BodyLease,
    bytes_max: usize,
    /// It is too large, or there is no memory for it.
    is_given_up: bool,
}

impl Gathered {
    pub(super) const fn new(memory: BodyLease, bytes_max: usize) -> Self {
        Self { body: Vec::new(), memory, bytes_max, is_given_up: false }
    }

    /// Takes the next piece.
    pub(super) fn add(&mut self, piece: &[u8]) {
        if self.is_given_up {
            return;
        }
        let wanted = self.body.len() + piece.len();
        if wanted > self.bytes_max || !self.make_room(wanted) {
            self.is_given_up = true;
            self.body = Vec::new();
            return;
        }
        self.body.extend_from_slice(piece);
    }

    /// All that has passed; nothing if that is too much.
    pub(super) fn body(&self) -> Option<&[u8]> {
        (!self.is_given_up).then_some(&*self.body)
    }

    /// Gives the body away for as long as `use_it` takes, which gives it back.
    pub(super) fn lend<T>(&mut self, use_it: impl FnOnce(Vec<u8>) -> (T, Vec<u8>)) -> T {
        let (outcome, body) = use_it(std::mem::take(&mut self.body));
        self.body = body;
        outcome
    }

    /// Room that grows by doubling, counted.
    fn make_room(&mut self, wanted: usize) -> bool {
        if wanted <= self.body.capacity() {
            return true;
        }
        let capacity = wanted.max(self.body.capacity() * 2).min(self.bytes_max);
        if !self.memory.grow_if_much_is_free(capacity) {
            return false;
        }
        self.body.reserve_exact(capacity - self.body.len());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Gathered;
    use crate::body_budget::BodyBudget;

    #[test]
    fn what_is_too_long_is_given_up_whole() {
        let budget = BodyBudget::new(None);
        let mut gathered = Gathered::new(budget.lease(), 10);
        gathered.add(b"hello");
        gathered.add(b"hello");
        assert_eq!(gathered.body(), Some(&b"hellohello"[..]));
        gathered.add(b"!");
        gathered.add(b"");
        assert_eq!(gathered.body(), None);
    }
}
