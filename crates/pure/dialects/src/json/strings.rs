//! Which bytes stand inside strings, block after block. It knows quotes and backslashes only; what they mean is not
//! its business.

use super::block::{BLOCK, escaping, parity_so_far, quotes_and_backslashes};

/// What one block leaves to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strings {
    /// All ones if the block before ended inside a string.
    flipped: u64,
    /// One if the block before ended with a backslash that escapes the first byte of the next.
    carried: u64,
}

impl Strings {
    /// The real quotes of a block whose first `length` bytes count.
    #[inline(always)]
    pub(crate) fn quotes(&mut self, block: &[u8; BLOCK], length: usize) -> u64 {
        let (quotes, backslashes) = quotes_and_backslashes(block);
        let carried = self.carried;
        if backslashes == 0 {
            self.carried = 0;
            return quotes & !carried;
        }
        let escaping = escaping(backslashes & !carried);
        self.carried = escaping >> (length - 1) & 1;
        quotes & !(escaping << 1 | carried)
    }

    /// The real quotes of a block, and its bytes that stand inside strings, opening quotes included.
    #[inline(always)]
    pub(crate) fn inside(&mut self, block: &[u8; BLOCK], length: usize) -> (u64, u64) {
        let quotes = self.quotes(block, length);
        let inside = if quotes == 0 { self.flipped } else { parity_so_far(quotes) ^ self.flipped };
        self.flipped = (inside >> (length - 1) & 1).wrapping_neg();
        (quotes, inside)
    }
}

/// Reports the place of every quote that begins or ends a string.
pub(crate) fn each_quote(text: &[u8], mut report: impl FnMut(usize)) {
    let mut strings = Strings::default();
    for (number, bytes) in text.chunks(BLOCK).enumerate() {
        let mut padded = [b' '; BLOCK];
        let block = bytes.first_chunk().unwrap_or_else(|| {
            padded[..bytes.len()].copy_from_slice(bytes);
            &padded
        });
        let mut quotes = strings.quotes(block, bytes.len());
        while quotes != 0 {
            report(number * BLOCK + quotes.trailing_zeros() as usize);
            quotes &= quotes - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::block::BLOCK;
    use super::Strings;

    /// What byte after byte would say.
    fn plainly(text: &[u8]) -> Vec<bool> {
        let (mut is_inside, mut is_escaped) = (false, false);
        text.iter()
            .map(|byte| {
                let is_quote = *byte == b'"' && !is_escaped;
                is_escaped = *byte == b'\\' && !is_escaped;
                is_inside ^= is_quote;
                is_inside
            })
            .collect()
    }

    #[test]
    fn strings_are_followed_across_blocks_of_any_length() {
        let mut state = 1_u64;
        for round in 0..200 {
            let mut next = |below: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as usize % below
            };
            let text: Vec<u8> = (0..1000).map(|_| b"\"\\\\\\ax"[next(6)]).collect();
            let mut strings = Strings::default();
            let mut found = Vec::new();
            let mut rest = text.as_slice();
            while !rest.is_empty() {
                let length = if round % 2 == 0 { BLOCK } else { 1 + next(BLOCK) }.min(rest.len());
                let mut block = [b' '; BLOCK];
                block[..length].copy_from_slice(&rest[..length]);
                let (_, inside) = strings.inside(&block, length);
                found.extend((0..length).map(|bit| inside >> bit & 1 == 1));
                rest = &rest[length..];
            }
            assert_eq!(found, plainly(&text));
        }
    }
}
