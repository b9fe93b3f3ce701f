//! The id of one call: 128 bits, ordered by time, unique across nodes and restarts.
//!
//! Layout, most significant first: 48 bits of Unix milliseconds, 16 bits of node, 16 bits of epoch
//! (which start of that node), 8 bits of worker, 40 bits of sequence within the worker.

use crate::Timestamp;

/// Length of the written form.
pub const CALL_ID_LENGTH: usize = 32;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Identifies one call. A caller's own `X-Request-ID` is never an identity, because callers repeat it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u128);

impl CallId {
    /// Lower-case hexadecimal, always 32 characters.
    pub fn text(self) -> [u8; CALL_ID_LENGTH] {
        let mut text = [0; CALL_ID_LENGTH];
        for (index, byte) in self.0.to_be_bytes().into_iter().enumerate() {
            text[2 * index] = HEX[usize::from(byte >> 4)];
            text[2 * index + 1] = HEX[usize::from(byte & 15)];
        }
        text
    }

    /// Reads the written form back.
    pub fn parse(text: &str) -> Option<Self> {
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != CALL_ID_LENGTH || !text.bytes().all(lower_hex) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(Self)
    }

    /// When the call was received.
    pub const fn received_at(self) -> Timestamp {
        Timestamp((self.0 >> 80) as i64)
    }
}

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::fmt::Debug for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallId({self})")
    }
}

/// Makes the ids of one worker. Uniqueness rests on the sequence, order on the clock.
#[derive(Debug)]
pub struct CallIds {
    fixed: u128,
    next: u64,
}

impl CallIds {
    /// The ids of `worker` on `node`, in that node's start number `epoch`.
    pub const fn new(node: u16, epoch: u16, worker: u8) -> Self {
        let fixed = (node as u128) << 64 | (epoch as u128) << 48 | (worker as u128) << 40;
        Self { fixed, next: 0 }
    }

    /// The next id.
    pub const fn next(&mut self, now: Timestamp) -> CallId {
        let sequence = self.next & 0xff_ffff_ffff;
        self.next += 1;
        let ms = (now.unix_ms() as u64 & 0xffff_ffff_ffff) as u128;
        CallId(ms << 80 | self.fixed | sequence as u128)
    }
}

#[cfg(test)]
mod tests {
    use super::{CallId, CallIds};
    use crate::Timestamp;

    #[test]
    fn ids_are_unique_ordered_and_readable() {
        let mut ids = CallIds::new(7, 65535, 255);
        let first = ids.next(Timestamp(1_795_219_199_999));
        let second = ids.next(Timestamp(1_795_219_199_999));
        let later = ids.next(Timestamp(1_795_219_200_000));
        assert!(first < second && second < later);
        assert_eq!(later.received_at(), Timestamp(1_795_219_200_000));
        let text = String::from_utf8(first.text().to_vec()).unwrap();
        assert_eq!(text, first.to_string());
        assert_eq!(CallId::parse(&text), Some(first));
        assert_eq!(CallId::parse(&text.to_uppercase()), None);
        assert_eq!(CallId::parse("+000000000000000000000000000000f"), None);
    }
}
