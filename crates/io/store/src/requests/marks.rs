//! What may be in a pack, without opening it: a set of marks that never misses one that is there, and hardly ever shows one
//! that is not (Bloom, 1970).
//!
//! Marks are kept, so how they are made never changes.

const BITS_PER_MARK: usize = 10;
/// Best for ten bits a mark: one look in a hundred is in vain.
const BITS_SET: u64 = 7;
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// What a mark stands for: the same text means another thing at another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    RequestId,
    Key,
    Organisation,
    Project,
}

/// One mark, as a number.
pub(super) fn mark(of: Of, text: &[u8]) -> u64 {
    // FNV-1a, and its bits mixed well, for the lowest of them choose.
    let mut hash = (OFFSET ^ of as u64).wrapping_mul(PRIME);
    for byte in text {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

/// The set of these marks.
pub(super) fn set_of(mut marks: Vec<u64>) -> Vec<u8> {
    marks.sort_unstable();
    marks.dedup();
    let mut set = vec![0; (marks.len() * BITS_PER_MARK).div_ceil(8).max(8)];
    for mark in marks {
        for bit in bits(mark, set.len()) {
            set[bit / 8] |= 1 << (bit % 8);
        }
    }
    set
}

/// Whether a mark may be in a set.
pub(super) fn may_have(set: &[u8], mark: u64) -> bool {
    !set.is_empty() && bits(mark, set.len()).all(|bit| set[bit / 8] & (1 << (bit % 8)) != 0)
}

fn bits(mark: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let (first, step) = (mark & 0xffff_ffff, (mark >> 32) | 1);
    (0..BITS_SET).map(move |turn| (first.wrapping_add(turn.wrapping_mul(step)) % (bytes as u64 * 8)) as usize)
}

#[cfg(test)]
mod tests {
    use super::{Of, mark, may_have, set_of};

    #[test]
    fn what_is_in_is_never_missed_and_what_is_not_is_hardly_ever_seen() {
        let marks: Vec<u64> =
            (0..1000).map(|number| mark(Of::Key, format!("key_{number}").as_bytes())).collect();
        let set = set_of([marks.clone(), marks.clone()].concat());
        assert_eq!(set.len(), 1250, "each once");
        assert!(marks.iter().all(|mark| may_have(&set, *mark)));
        let seen = |of, name: &str| {
            (0..10_000)
                .filter(|number| may_have(&set, mark(of, format!("{name}{number}").as_bytes())))
                .count()
        };
        assert!(seen(Of::Key, "other_") < 300 && seen(Of::Project, "key_") < 300);
        assert!(!may_have(&[], marks[0]) && !may_have(&set_of(Vec::new()), marks[0]));
    }

    /// Whatever changes these hides what was written before. They were computed apart, in another language.
    #[test]
    fn marks_never_change() {
        assert_eq!(mark(Of::RequestId, b""), KNOWN[0]);
        assert_eq!(mark(Of::Key, b"key_1"), KNOWN[1]);
        assert_eq!(set_of(vec![KNOWN[1]]), SET);
    }

    const KNOWN: [u64; 2] = [0x71d9_2418_5361_32d1, 0x7903_94b6_b01d_033f];
    const SET: [u8; 8] = [0, 2, 4, 8, 16, 32, 64, 128];
}
