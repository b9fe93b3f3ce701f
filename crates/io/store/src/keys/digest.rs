//! Turning a caller's key into the digest it is stored under and looked up by.

use aws_lc_rs::{constant_time, digest, hmac};

/// Digested once per database: a key text has no spaces, so no caller's key has this digest.
const KEY_CHECK_TEXT: &str = "bellwether key check v1";

/// What stands before a SHA-256 that is digested. No key has a line feed in it, so that no key has such a digest.
const SHA256_LEAD: &[u8] = b"imported sha256\n";

/// A keyed digest (HMAC-SHA-256). Without the master key it tells nothing about the key.
#[derive(Clone, Copy)]
pub struct KeyDigest(pub [u8; 32]);

/// What a key's digest is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DigestOf {
    /// The key.
    #[default]
    Key,
    /// Its SHA-256: of a key that came here as a digest of another gateway, and is known by no more than that.
    Sha256,
}

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

    /// The digest of a key that is known by its SHA-256 only. That itself is not kept: whoever has a copy of a database
    /// must not be able to compare it with what another gateway has lost.
    pub fn digest_of_sha256(&self, sha256: &[u8; 32]) -> KeyDigest {
        let mut text = [0; SHA256_LEAD.len() + 32];
        text[..SHA256_LEAD.len()].copy_from_slice(SHA256_LEAD);
        text[SHA256_LEAD.len()..].copy_from_slice(sha256);
        let tag = hmac::sign(&self.0, &text);
        KeyDigest(tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes"))
    }

    /// What other gateways know a key by.
    pub fn sha256(key: &str) -> [u8; 32] {
        let hash = digest::digest(&digest::SHA256, key.as_bytes());
        hash.as_ref().try_into().expect("SHA-256 gives 32 bytes")
    }

    /// Tells in a database whether a master key is the one that it was made with.
    pub(crate) fn key_check(&self) -> KeyDigest {
        self.digest(KEY_CHECK_TEXT)
    }

    /// A key derived for a purpose. Nothing that is digested or marked begins with
    /// such a byte: those are texts, or begin with another.
    pub(crate) fn derived(&self, purpose: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.0, &[&[0xff], purpose.as_bytes()].concat());
        tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
    }

    /// A mark that only this house can put on a text. No key has a line feed in it, so that no mark is a key's digest.
    pub fn mark(&self, purpose: &str, text: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.0, format!("{purpose}\n{text}").as_bytes());
        tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
    }
}

impl KeyDigest {
    /// Eight of its bytes: a digest is uniform already, and nobody outside can choose it.
    pub(super) fn hash(&self) -> u64 {
        u64::from_ne_bytes(*self.0.first_chunk().expect("32 bytes begin with eight"))
    }

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

impl std::hash::Hash for KeyDigest {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(Self::hash(self));
    }
}

impl std::fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyDigest({:02x}{:02x}…)", self.0[0], self.0[1])
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
    fn a_key_known_by_its_sha256_has_a_digest_of_its_own() {
        let sha256 = KeyHasher::sha256("abc");
        assert_eq!(sha256[..4], [0xba, 0x78, 0x16, 0xbf], "FIPS 180-2, appendix B.1");
        let hasher = KeyHasher::new(&[1; 32]);
        assert_eq!(hasher.digest_of_sha256(&sha256), hasher.digest_of_sha256(&sha256));
        assert_ne!(hasher.digest_of_sha256(&sha256), hasher.digest("abc"));
        assert_ne!(hasher.digest_of_sha256(&sha256), KeyHasher::new(&[2; 32]).digest_of_sha256(&sha256));
    }

    #[test]
    fn debug_shows_too_little_to_match() {
        assert_eq!(format!("{:?}", KeyDigest([0xab; 32])), "KeyDigest(abab…)");
    }
}
