//! Sixty-four bytes at a time: where are the quotes, backslashes and brackets? One bit a byte, lowest first.
//!
//! A chat body is many short strings full of escapes. Jumping from one special byte to the next stumbles
//! over all of them; classifying whole blocks costs the same whatever is in them.

use wide::u8x16;

/// Bytes classified at once, one for each bit of a mask.
pub(crate) const BLOCK: usize = 64;

/// Where quotes and backslashes are.
pub(crate) fn quotes_and_backslashes(block: &[u8; BLOCK]) -> (u64, u64) {
    (equal(block, b'"', 0), equal(block, b'\\', 0))
}

/// Where `{` or `[`, and where `}` or `]` are. Bit 5 is all that sets a brace apart from its bracket.
pub(crate) fn brackets(block: &[u8; BLOCK]) -> (u64, u64) {
    (equal(block, b'{', 0x20), equal(block, b'}', 0x20))
}

/// Backslashes that escape the byte after them: in every run the first, the third, and so on.
pub(crate) const fn escaping(backslashes: u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let first_of_runs = backslashes & !(backslashes << 1);
    // Adding its first bit to a run carries through all of it, which picks out the runs that begin at even places.
    let even_runs = backslashes & !backslashes.wrapping_add(first_of_runs & EVEN);
    (even_runs & EVEN) | (backslashes & !even_runs & !EVEN)
}

/// Each bit becomes the parity of itself and all lower ones: quotes become the stretches they enclose.
pub(crate) fn parity_so_far(mut bits: u64) -> u64 {
    for distance in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << distance;
    }
    bits
}

/// One bit for each byte that equals `wanted` once the bits of `ignored` are set.
#[inline(always)]
fn equal(block: &[u8; BLOCK], wanted: u8, ignored: u8) -> u64 {
    let (wanted, ignored) = (u8x16::splat(wanted), u8x16::splat(ignored));
    let mut mask = 0;
    for (quarter, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
        let hits = (u8x16::new(*bytes) | ignored).simd_eq(wanted).to_bitmask();
        mask |= u64::from(hits) << (16 * quarter);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, brackets, escaping, parity_so_far, quotes_and_backslashes};

    /// Four texts full of the interesting bytes and their neighbours.
    fn samples() -> impl Iterator<Item = [u8; BLOCK]> {
        let alphabet = b"\"\\{}[]x;:\x00\xff\xa2\xdc\xfb";
        (1..200_usize).map(move |seed| {
            std::array::from_fn(|index| alphabet[(index * seed + seed / 7 + index * index) % alphabet.len()])
        })
    }

    fn mask(block: &[u8; BLOCK], is_hit: impl Fn(u8) -> bool) -> u64 {
        block.iter().enumerate().map(|(bit, byte)| u64::from(is_hit(*byte)) << bit).sum()
    }

    #[test]
    fn every_byte_value_is_classified_right() {
        for block in samples() {
            let expected = (mask(&block, |byte| byte == b'"'), mask(&block, |byte| byte == b'\\'));
            assert_eq!(quotes_and_backslashes(&block), expected);
            let expected =
                (mask(&block, |byte| b"{[".contains(&byte)), mask(&block, |byte| b"}]".contains(&byte)));
            assert_eq!(brackets(&block), expected);
        }
        for first in [0_u8, 64, 128, 192] {
            let block: [u8; BLOCK] = std::array::from_fn(|index| first + index as u8);
            assert_eq!(quotes_and_backslashes(&block).0, mask(&block, |byte| byte == b'"'));
            assert_eq!(brackets(&block).0, mask(&block, |byte| b"{[".contains(&byte)));
        }
    }

    #[test]
    fn every_other_backslash_of_a_run_escapes() {
        let mut state = 1_u64;
        for round in 0..2000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let backslashes = if round % 2 == 0 { state } else { state | state >> 3 | state << 5 };
            let found = escaping(backslashes);
            let mut is_escaped = false;
            for bit in 0..64 {
                let escapes = !is_escaped && backslashes >> bit & 1 == 1;
                assert_eq!(found >> bit & 1 == 1, escapes, "bit {bit} of {backslashes:064b}");
                is_escaped = escapes;
            }
        }
        assert_eq!(escaping(u64::MAX), 0x5555_5555_5555_5555);
    }

    #[test]
    fn parity_covers_what_quotes_enclose() {
        assert_eq!(parity_so_far(0b0010_0100), 0b0001_1100);
        assert_eq!(parity_so_far(1 << 63), 1 << 63);
        assert_eq!(parity_so_far(1), u64::MAX);
    }
}
