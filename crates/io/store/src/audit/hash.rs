//! Hashes and marks as plain bytes, and as letters. What they are of is known elsewhere.

use aws_lc_rs::constant_time;

/// A hash or a mark.
pub(crate) type Hash = [u8; 32];

/// What the first row follows on.
pub(super) const BEGINNING: Hash = [0; 32];

/// Whether two marks are the same, in constant time.
pub(super) fn is_same(one: &[u8], other: &Hash) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// In small letters.
pub(super) fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What such letters say.
pub(super) fn from_hex(text: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::{from_hex, hex};

    #[test]
    fn hashes_are_written_and_read() {
        let hash = [0xa5; 32];
        assert_eq!(from_hex(&hex(&hash)), Some(hash));
        for bad in ["", "zz", &"g".repeat(64), &"a".repeat(63), &"é".repeat(32)] {
            assert_eq!(from_hex(bad), None, "{bad}");
        }
    }
}
