//! Sealing secrets at rest with the envelope key: AES-256-GCM under a random nonce. Where sealed bytes are kept is others'
//! business.
//!
//! The nonce comes from the system's generator and not from the library's own, whose first use gathers entropy for a
//! tenth of a second. With 96 random bits, 2^32 texts may be sealed under one key; we seal a few a day.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// The first byte of what is sealed; another way of sealing would have another.
const FORM: u8 = 1;

/// Seals and opens.
pub struct Seal(LessSafeKey);

/// Why sealed bytes do not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Sealed by a later version.
    #[error("it was sealed by another version")]
    Form,
    /// Changed, cut, sealed for another purpose or under another master key.
    #[error("it is damaged, or was sealed under another master key")]
    Damaged,
}

impl Seal {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes a key of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Seals for a purpose; it opens for the same purpose only.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).expect("the system's random generator always answers");
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut sealed,
            )
            .expect("what fits in memory is far below the bound of AES-GCM");
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(&nonce);
        bytes.append(&mut sealed);
        bytes
    }

    /// Opens what was sealed for this purpose.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (form, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
        if *form != FORM {
            return Err(SealError::Form);
        }
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Damaged)?;
        let mut bytes = body.to_vec();
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.as_bytes()), &mut bytes)
            .map_err(|_| SealError::Damaged)?;
        Ok(opened.to_vec())
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Seal, SealError};

    #[test]
    fn only_the_same_key_and_purpose_open_what_was_not_changed() {
        let seal = Seal::new(&[1; 32]);
        let sealed = seal.seal("a", b"secret");
        assert_ne!(sealed, seal.seal("a", b"secret"), "no nonce is used twice");
        assert_eq!(seal.open("a", &sealed).unwrap(), b"secret");
        assert_eq!(seal.open("b", &sealed), Err(SealError::Damaged));
        assert_eq!(Seal::new(&[2; 32]).open("a", &sealed), Err(SealError::Damaged));
        for place in 1..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(seal.open("a", &changed), Err(SealError::Damaged), "byte {place}");
            assert_eq!(seal.open("a", &sealed[..place]), Err(SealError::Damaged), "cut at {place}");
        }
        assert_eq!(seal.open("a", &[9, 9]), Err(SealError::Form));
        assert_eq!(seal.open("a", &[]), Err(SealError::Damaged));
    }
}
