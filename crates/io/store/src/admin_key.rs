//! The operator's key to the admin API: given, or made once in the data directory. Checking it is the admin API's.

use domain::Secret;

use crate::data_dir::LockedDataDir;
use crate::hex::hex;
use crate::random::random;
use crate::secret_file::{self, SecretFileError};

/// The file in the data directory that holds the admin key when none is given.
pub const ADMIN_KEY_FILE: &str = "admin.key";
/// What an admin key of ours begins with, so that nobody takes it for a caller's.
pub const ADMIN_KEY_PREFIX: &str = "bwadm_";

const NEW_ADMIN_KEY_BYTES: usize = 24; // 192 bits

/// The operator's key.
#[derive(Debug)]
pub struct AdminKey(Secret);

/// Why there is no usable admin key.
#[derive(Debug, thiserror::Error)]
pub enum AdminKeyError {
    /// Too short, too long, or with characters no header can carry.
    #[error("the admin key must be 16 to 256 visible ASCII characters without spaces")]
    Unfit,
    /// The file could not be used.
    #[error(transparent)]
    File(#[from] SecretFileError),
}

impl AdminKey {
    /// Takes a given key; surrounding white space does not count.
    pub fn from_text(text: &Secret) -> Result<Self, AdminKeyError> {
        let trimmed = text.expose().trim();
        if !domain::is_key_text(trimmed) {
            return Err(AdminKeyError::Unfit);
        }
        Ok(Self(Secret::new(trimmed.to_owned())))
    }

    /// Reads `admin.key`, made on the first start. The text beside it is a warning for the operator, if any.
    pub fn from_data_dir(dir: &LockedDataDir) -> Result<(Self, Option<String>), AdminKeyError> {
        let file = secret_file::read_or_make(&dir.join(ADMIN_KEY_FILE), || {
            format!("{ADMIN_KEY_PREFIX}{}", hex(&random::<NEW_ADMIN_KEY_BYTES>()))
        })?;
        Ok((Self::from_text(&file.text)?, file.warning))
    }

    /// The key itself, for whoever must compare or send it.
    pub fn into_secret(self) -> Secret {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use domain::Secret;

    use super::{AdminKey, AdminKeyError};
    use crate::data_dir::DataDir;

    #[test]
    fn a_key_is_made_once() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::create(parent.path().join("data")).unwrap().lock().unwrap();
        let made = AdminKey::from_data_dir(&dir).unwrap().0.into_secret();
        let found = AdminKey::from_data_dir(&dir).unwrap().0.into_secret();
        assert_eq!(made, found);
        assert!(made.expose().starts_with("bwadm_") && made.expose().len() == 54);
    }

    #[test]
    fn a_guessable_key_is_refused() {
        for text in ["", "admin", "sixteen chars with spaces"] {
            let error = AdminKey::from_text(&Secret::new(text.to_owned())).unwrap_err();
            assert!(matches!(error, AdminKeyError::Unfit), "{text}");
        }
        assert!(AdminKey::from_text(&Secret::new("a-fair-admin-key-1".to_owned())).is_ok());
    }
}
