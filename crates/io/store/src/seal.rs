//! Sealing secrets at rest with a key of the envelope: AES-256-GCM under a random nonce. Where sealed bytes are kept is others'
//! business.
//!
//! The keys of the envelope are numbered generations, each derived from the master key. The number stands in the sealed bytes,
//! so that everything opens whose master key is there, and a rotation need not hold anything up.
//!
//! The nonce comes from the system's generator and not from the library's own, whose first use gathers entropy for a
//! tenth of a second. With 96 random bits, 2^32 texts may be sealed under one key; we seal a few a day.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::random::random;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;

/// The first byte of what was sealed before there were generations: by the first one.
const FORM_UNNUMBERED: u8 = 1;
/// The first byte of what is sealed; another way of sealing would have another.
const FORM: u8 = 2;
/// The generation that every database begins with.
const FIRST: u32 = 1;
/// The name that keys of the envelope are derived by.
const ENVELOPE: &[u8] = b"bellwether envelope v1";

/// The generation that seals what is sealed now, as the database has it.
#[derive(Clone, Debug)]
pub(crate) struct Generation(Arc<AtomicU32>);

/// Seals and opens.
#[derive(Clone)]
pub struct Seal {
    master: hkdf::Prk,
    generation: Generation,
}

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

impl Generation {
    pub(crate) fn new(number: u32) -> Self {
        Self(Arc::new(AtomicU32::new(number)))
    }

    pub(crate) fn number(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// From now on this one seals.
    pub(crate) fn turn_to(&self, number: u32) {
        self.0.store(number, Ordering::Relaxed);
    }
}

impl Seal {
    pub(crate) const fn new(master: hkdf::Prk, generation: Generation) -> Self {
        Self { master, generation }
    }

    /// Seals for a purpose; it opens for the same purpose only.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        self.seal_under(self.generation.number(), purpose, plain)
    }

    /// The same under a certain generation.
    pub(crate) fn seal_under(&self, generation: u32, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let nonce = random::<NONCE_LEN>();
        let mut sealed = plain.to_vec();
        self.key(generation)
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut sealed,
            )
            .expect("what fits in memory is far below the bound of AES-GCM");
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(&generation.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.append(&mut sealed);
        bytes
    }

    /// Opens what was sealed for this purpose.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (generation, rest) = generation(sealed)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Damaged)?;
        let mut bytes = body.to_vec();
        let opened = self
            .key(generation)
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.as_bytes()), &mut bytes)
            .map_err(|_| SealError::Damaged)?
            .len();
        bytes.truncate(opened);
        Ok(bytes)
    }

    /// The first generation has no number in its name: it was there before there were others.
    fn key(&self, generation: u32) -> LessSafeKey {
        let numbered = format!(" generation {generation}");
        let number: &[u8] = if generation == FIRST { b"" } else { numbered.as_bytes() };
        let mut key = [0; 32];
        self.master
            .expand(&[ENVELOPE, number], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("32 bytes are what HKDF-SHA256 gives in one step");
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("AES-256 takes a key of 32 bytes"))
    }
}

/// The generation that sealed these bytes, and what stands behind its number.
pub(crate) fn generation(sealed: &[u8]) -> Result<(u32, &[u8]), SealError> {
    let (form, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
    match *form {
        FORM_UNNUMBERED => Ok((FIRST, rest)),
        FORM => {
            let (number, rest) = rest.split_first_chunk().ok_or(SealError::Damaged)?;
            Ok((u32::from_be_bytes(*number), rest))
        }
        _ => Err(SealError::Form),
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

#[cfg(test)]
mod tests {
    use domain::Secret;

    use super::{Generation, Seal, SealError, generation};
    use crate::master_key::MasterKey;

    fn seal(letter: &str) -> Seal {
        let master = MasterKey::from_text(&Secret::new(letter.repeat(32))).unwrap();
        master.seal(Generation::new(1))
    }

    #[test]
    fn only_the_same_key_and_purpose_open_what_was_not_changed() {
        let ours = seal("m");
        let sealed = ours.seal("a", b"secret");
        assert_ne!(sealed, ours.seal("a", b"secret"), "no nonce is used twice");
        assert_eq!(ours.open("a", &sealed).unwrap(), b"secret");
        assert_eq!(ours.open("b", &sealed), Err(SealError::Damaged));
        assert_eq!(seal("n").open("a", &sealed), Err(SealError::Damaged));
        for place in 1..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(ours.open("a", &changed), Err(SealError::Damaged), "byte {place}");
            assert_eq!(ours.open("a", &sealed[..place]), Err(SealError::Damaged), "cut at {place}");
        }
        assert_eq!(ours.open("a", &[9, 9]), Err(SealError::Form));
        assert_eq!(ours.open("a", &[]), Err(SealError::Damaged));
    }

    #[test]
    fn each_generation_has_a_key_of_its_own_and_all_open() {
        let ours = seal("m");
        let first = ours.seal("a", b"first");
        ours.generation.turn_to(2);
        let second = ours.seal("a", b"second");
        assert_eq!((generation(&first).unwrap().0, generation(&second).unwrap().0), (1, 2));
        assert_eq!(
            (ours.open("a", &first).unwrap(), ours.open("a", &second).unwrap()),
            (b"first".to_vec(), b"second".to_vec())
        );
        let mut called_first = second;
        called_first[4] = 1;
        assert_eq!(ours.open("a", &called_first), Err(SealError::Damaged));
    }

    /// What an earlier version sealed lies in databases. These bytes were made apart, by another library, as it made them, under
    /// the master key of 32 `m`.
    #[test]
    fn what_was_sealed_without_a_number_opens() {
        let ours = seal("m");
        let mut unnumbered = ours.seal("a", b"of an earlier version");
        unnumbered.splice(..5, [1]);
        assert_eq!(ours.open("a", &unnumbered).unwrap(), b"of an earlier version");
        let bytes = OF_AN_EARLIER_VERSION
            .as_bytes()
            .chunks(2)
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap());
        assert_eq!(ours.open("a", &bytes.collect::<Vec<_>>()).unwrap(), b"plain");
    }

    const OF_AN_EARLIER_VERSION: &str =
        "01000102030405060708090a0b8e45cd2e9c87a012cf884c4da952a909710786afd7";
}
