//! The one secret all others hang on: every other key is derived from it by name. It seals nothing itself.
//!
//! Given as `BELLWETHER_MASTER_KEY` or kept in `<data-dir>/master.key`; both are the same text, so a file's content
//! can be moved into the variable. Whoever loses it loses every caller's key: look-up works by keyed digest.

use aws_lc_rs::hkdf;
use domain::Secret;

use crate::data_dir::{DataDir, LockedDataDir};
use crate::hex::hex;
use crate::keys::KeyHasher;
use crate::random::random;
use crate::seal::{Generation, Seal};
use crate::secret_file::{self, SecretFileError};

/// The file in the data directory that holds the master key when none is given.
pub const MASTER_KEY_FILE: &str = "master.key";
/// A shorter text is refused: it would be guessed.
pub const MASTER_KEY_BYTES_MIN: usize = 32;

const NEW_MASTER_KEY_BYTES: usize = 32;
/// The name of a derived key.
const KEY_HASH: &[u8] = b"bellwether key hash v1";

/// The master key, ready to derive from.
#[derive(Debug)]
pub struct MasterKey(hkdf::Prk);

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Not enough text to be a secret.
    #[error("the master key has {bytes} bytes, it needs at least 32; make one with: openssl rand -hex 32")]
    TooShort {
        /// How many it has.
        bytes: usize,
    },
    /// The file could not be used.
    #[error(transparent)]
    File(#[from] SecretFileError),
}

impl MasterKey {
    /// Takes any text of at least 32 bytes as key material; surrounding white space does not count.
    pub fn from_text(text: &Secret) -> Result<Self, MasterKeyError> {
        let material = text.expose().trim().as_bytes();
        if material.len() < MASTER_KEY_BYTES_MIN {
            return Err(MasterKeyError::TooShort { bytes: material.len() });
        }
        Ok(Self(hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(material)))
    }

    /// Reads `master.key`, made on the first start. The text beside it is a warning for the operator, if any.
    pub fn from_data_dir(dir: &LockedDataDir) -> Result<(Self, Option<String>), MasterKeyError> {
        let file =
            secret_file::read_or_make(&dir.join(MASTER_KEY_FILE), || hex(&random::<NEW_MASTER_KEY_BYTES>()))?;
        Ok((Self::from_text(&file.text)?, file.warning))
    }

    /// Reads `master.key` of a directory that another process may hold.
    pub fn from_used_data_dir(dir: &DataDir) -> Result<Self, MasterKeyError> {
        Self::from_text(&secret_file::read_present(&dir.join(MASTER_KEY_FILE))?.text)
    }

    /// What turns a caller's key into the digest it is looked up by.
    pub fn key_hasher(&self) -> KeyHasher {
        KeyHasher::new(&self.derive(KEY_HASH))
    }

    /// What seals secrets at rest; which generation of its keys does is for the database to say.
    pub(crate) fn seal(&self, generation: Generation) -> Seal {
        Seal::new(self.0.clone(), generation)
    }

    fn derive(&self, name: &[u8]) -> [u8; 32] {
        let mut key = [0; 32];
        self.0
            .expand(&[name], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("32 bytes are what HKDF-SHA256 gives in one step");
        key
    }
}

#[cfg(test)]
mod tests {
    use domain::Secret;

    use super::{MASTER_KEY_FILE, MasterKey, MasterKeyError};
    use crate::data_dir::DataDir;

    fn from_text(text: &str) -> Result<MasterKey, MasterKeyError> {
        MasterKey::from_text(&Secret::new(text.to_owned()))
    }

    #[test]
    fn a_short_key_is_refused() {
        let error = from_text(" only-twenty-two-bytes\n").unwrap_err();
        assert!(matches!(error, MasterKeyError::TooShort { bytes: 21 }), "{error}");
    }

    #[test]
    fn file_and_variable_mean_the_same() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::create(parent.path().join("data")).unwrap().lock().unwrap();
        let (made, _) = MasterKey::from_data_dir(&dir).unwrap();
        let (found, warning) = MasterKey::from_data_dir(&dir).unwrap();
        let text = std::fs::read_to_string(dir.join(MASTER_KEY_FILE)).unwrap();
        let digest = |master: &MasterKey| master.key_hasher().digest("a-key-of-a-caller");
        assert_eq!(digest(&made), digest(&found));
        assert_eq!(digest(&made), digest(&from_text(&text).unwrap()));
        assert_ne!(digest(&made), digest(&from_text(&text.replace(&text[..1], "x")).unwrap()));
        assert_eq!((text.trim().len(), warning), (64, None));
        let beside = DataDir::create(parent.path().join("data")).unwrap();
        assert_eq!(
            digest(&made),
            digest(&MasterKey::from_used_data_dir(&beside).unwrap()),
            "while it is held"
        );
        let empty = DataDir::create(parent.path().join("empty")).unwrap();
        assert!(MasterKey::from_used_data_dir(&empty).is_err());
    }

    /// Digests are stored: whatever changes this value locks every caller out. It was computed apart, from RFC 5869.
    #[test]
    fn the_derivation_never_changes() {
        let master = from_text("0123456789abcdef0123456789abcdef").unwrap();
        let digest = master.key_hasher().digest("bw_example");
        let hex: String = digest.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "ea187177ed903be65537b1efea7c01ba08883fa1035e0922b190b028a48476a8");
    }
}
