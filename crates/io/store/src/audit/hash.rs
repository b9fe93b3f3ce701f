//! Hashes and marks as plain bytes. What they are of is known elsewhere.

use aws_lc_rs::constant_time;

/// A hash or a mark.
pub(crate) type Hash = [u8; 32];

/// What the first row follows on.
pub(super) const BEGINNING: Hash = [0; 32];

/// Whether two marks are the same, in constant time.
pub(super) fn is_same(one: &[u8], other: &Hash) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}
