//! The same bytes cut into pieces in several ways, which the bytes themselves decide: so an input is plain text, without
//! numbers in front of it that say where to cut.

/// Longest input that is also fed byte by byte.
const SINGLE_BYTES_MAX: usize = 4096;

/// Four ways to cut `bytes`: not at all, everywhere, into a few bytes each, and around the width of a block.
pub(crate) fn cuttings(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut ways = vec![vec![bytes]];
    if bytes.len() <= SINGLE_BYTES_MAX {
        ways.push(bytes.chunks(1).collect());
    }
    let mut state = digest(bytes);
    ways.push(cut(bytes, || 1 + next(&mut state) % 9));
    ways.push(cut(bytes, || 60 + next(&mut state) % 9));
    ways
}

/// A number that any change of the bytes changes (FNV-1a).
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn cut(mut bytes: &[u8], mut length: impl FnMut() -> usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(length().min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[cfg(test)]
mod tests {
    use super::cuttings;

    #[test]
    fn no_way_of_cutting_loses_a_byte() {
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for length in [0, 1, 63, 64, 500, 5000] {
            let ways = cuttings(&bytes[..length]);
            assert!(ways.len() >= 3);
            assert!(ways.iter().all(|pieces| pieces.concat() == bytes[..length]));
        }
    }
}
