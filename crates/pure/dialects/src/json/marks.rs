//! Strings that begin in one of a few ways, noticed while a body is scanned: much cheaper than to search it for each of them
//! again, for all quotes have been found already.

use super::block::BLOCK;

const MARK_BYTES: usize = 4;

/// What is looked for, and what has been found so far.
#[derive(Debug, Default)]
pub(super) struct Marks {
    wanted: &'static [[u8; MARK_BYTES]],
    /// One bit for each.
    found: u32,
    /// A string has begun so, and the piece ended.
    pending: Option<Beginning>,
}

/// The first bytes of a string, as far as they have come.
#[derive(Clone, Copy, Debug, Default)]
struct Beginning {
    bytes: [u8; MARK_BYTES],
    length: usize,
}

impl Marks {
    pub(super) fn of(wanted: &'static [[u8; MARK_BYTES]]) -> Self {
        Self { wanted, ..Self::default() }
    }

    pub(super) fn reset(&mut self) {
        *self = Self::of(self.wanted);
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.found >> place & 1 == 1
    }

    /// Looks at the strings that begin at these places of the blocks from `began` on.
    pub(super) fn look(&mut self, piece: &[u8], began: usize, begins: &[u64]) {
        if self.wanted.is_empty() || begins.iter().all(|places| *places == 0) {
            return;
        }
        for (number, places) in begins.iter().enumerate() {
            let mut places = *places;
            while places != 0 {
                let begin = began + number * BLOCK + places.trailing_zeros() as usize + 1;
                places &= places - 1;
                match piece[begin..].first_chunk() {
                    Some(bytes) => self.note(bytes),
                    None => self.keep(&piece[begin..]),
                }
            }
        }
    }

    /// Looks at the rest of a beginning that lies over two pieces.
    #[inline]
    pub(super) fn go_on(&mut self, piece: &[u8]) {
        if let Some(begun) = self.pending.take() {
            let before = &begun.bytes[..begun.length];
            let more = &piece[..piece.len().min(MARK_BYTES - begun.length)];
            self.keep(&[before, more].concat());
        }
    }

    fn note(&mut self, bytes: &[u8; MARK_BYTES]) {
        for (place, mark) in self.wanted.iter().enumerate() {
            self.found |= u32::from(u32::from_ne_bytes(*mark) == u32::from_ne_bytes(*bytes)) << place;
        }
    }

    fn keep(&mut self, begun: &[u8]) {
        if let Some(bytes) = begun.first_chunk() {
            self.note(bytes);
        } else if self.wanted.iter().any(|mark| mark.starts_with(begun)) {
            let mut beginning = Beginning { length: begun.len(), ..Beginning::default() };
            beginning.bytes[..begun.len()].copy_from_slice(begun);
            self.pending = Some(beginning);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::json::ObjectScan;

    const MARKS: &[[u8; 4]] = &[*b"gw1.", *b"reas"];

    fn marks(pieces: &[&[u8]]) -> [bool; 2] {
        let mut scan = ObjectScan::new(&["model"]).marking(MARKS);
        for piece in pieces {
            scan.feed(piece).unwrap();
        }
        [scan.has_mark(0), scan.has_mark(1)]
    }

    #[test]
    fn a_mark_counts_where_a_string_begins_however_the_body_is_cut() {
        let check = |body: &str, expected: [bool; 2]| {
            let body = body.as_bytes();
            for first in 0..=body.len() {
                for second in first..=body.len() {
                    let pieces = [&body[..first], &body[first..second], &body[second..]];
                    assert_eq!(marks(&pieces), expected, "{first} {second}");
                }
            }
        };
        check(r#"{"messages":[{"role":"user","content":"no reason, gw1. within"}]}"#, [false, false]);
        check(r#"{"messages":[{"data":"gw1.abc"}],"model":"m"}"#, [true, false]);
        check(r#"{"a":[{"reasoning_content":""}]}"#, [false, true]);
        check(r#"{"a":["\"gw1.","",{"x":"gw1"}]}"#, [false, false]);
        check(r#"{"a":["gw1.","reas"]}"#, [true, true]);
        check(r#"{"a":["x"],"reasoning":1,"gw1.":[]}"#, [false, false]);
    }

    #[test]
    fn a_scan_that_is_used_again_has_forgotten_them() {
        let mut scan = ObjectScan::new(&["model"]).marking(MARKS);
        scan.feed(br#"{"a":["gw1.","re"#).unwrap();
        scan.reset();
        scan.feed(br#"{"a":["as"]}"#).unwrap();
        assert!(!scan.has_mark(0) && !scan.has_mark(1));
    }
}
