//! Turning a caller's key into the digest it is stored under and looked up by.

use std::hash::{BuildHasherDefault, Hash, Hasher};

use aws_lc_rs::{constant_time, hmac};

/// A keyed digest (HMAC-SHA-256). Without the master key it tells nothing about the key.
#[derive(Clone, Copy)]
pub struct KeyDigest(pub [u8; 32]);

/// Digests callers' keys. Setting it up costs a little, so that each digest costs less.
#[derive(Clone, Debug)]
pub struct KeyHasher(hmac::Key);

impl KeyHasher {
    /// A hasher under a derived key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The digest of a key as the caller sent it.
    pub fn digest(&self, key: &str) -> KeyDigest {
        let tag = hmac::sign(&self.0, key.as_bytes());
        KeyDigest(tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes"))
    }

    /// A mark that only this house can put on a text. No key has a line feed in it, so that no mark is a key's digest.
    pub fn mark(&self, purpose: &str, text: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.0, format!("{purpose}\n{text}").as_bytes());
        tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
    }
}

impl KeyDigest {
    /// Which shard of `COUNT` holds it. Not the bytes that place it within the shard.
    pub(super) const fn shard<const COUNT: usize>(&self) -> usize {
        u16::from_be_bytes([self.0[30], self.0[31]]) as usize % COUNT
    }
}

impl PartialEq for KeyDigest {
    /// In constant time: a look-up must not tell how much of a guess was right.
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for KeyDigest {}

impl Hash for KeyDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = self.0.first_chunk().expect("32 bytes begin with eight");
        state.write_u64(u64::from_ne_bytes(*first));
    }
}

impl std::fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyDigest({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// A digest is uniform already, and nobody outside can choose it: eight of its bytes are the hash.
#[derive(Clone, Default)]
pub(super) struct AsIs(u64);

pub(super) type BuildAsIs = BuildHasherDefault<AsIs>;

impl Hasher for AsIs {
    fn write_u64(&mut self, eight: u64) {
        self.0 = eight;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a digest hashes itself as one number");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyDigest, KeyHasher};

    #[test]
    fn digests_depend_on_both_keys() {
        let hasher = KeyHasher::new(&[1; 32]);
        let digest = hasher.digest("bw_example");
        assert_eq!(digest, hasher.digest("bw_example"));
        assert_ne!(digest, hasher.digest("bw_examplf"));
        assert_ne!(digest, KeyHasher::new(&[2; 32]).digest("bw_example"));
    }

    /// RFC 4231, test case 1, its key padded with the zeros HMAC adds anyway.
    #[test]
    fn the_digest_is_the_standard_hmac() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let KeyDigest(digest) = KeyHasher::new(&key).digest("Hi There");
        assert_eq!(digest[..4], [0xb0, 0x34, 0x4c, 0x61]);
        assert_eq!(digest[28..], [0x2e, 0x32, 0xcf, 0xf7]);
    }

    #[test]
    fn debug_shows_too_little_to_match() {
        assert_eq!(format!("{:?}", KeyDigest([0xab; 32])), "KeyDigest(abab…)");
    }
}
