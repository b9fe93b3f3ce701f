//! A secret in a file of its own: read, or made once with mode 0600. What the text means is its reader's business.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use domain::Secret;

/// A longer file is no secret of ours; reading stops there.
const SECRET_FILE_BYTES_MAX: u64 = 16 * 1024;

/// A secret as found on disk.
#[derive(Debug)]
pub(crate) struct SecretFile {
    /// The text without surrounding white space.
    pub(crate) text: Secret,
    /// For the operator: the file's mode lets other users read it.
    pub(crate) warning: Option<String>,
}

/// Why a secret file could be neither read nor made.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The file system refused.
    #[error("cannot {doing} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Too long, or not text.
    #[error("{path} holds no secret: it must be one line of text, at most 16 KiB", path = path.display())]
    NotASecret {
        /// Which file.
        path: PathBuf,
    },
}

/// Reads the secret at `path`, or writes there what `make` gives. Call it under the data directory's lock.
pub(crate) fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> String,
) -> Result<SecretFile, SecretFileError> {
    match File::open(path) {
        Ok(file) => read(path, &file),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = make();
            write(path, &text)?;
            Ok(SecretFile { text: Secret::new(text), warning: None })
        }
        Err(source) => Err(SecretFileError::Io { doing: "open", path: path.to_owned(), source }),
    }
}

/// Reads the secret at `path`, which must be there. It is written in one step, so that no lock is needed.
pub(crate) fn read_present(path: &Path) -> Result<SecretFile, SecretFileError> {
    let file = File::open(path);
    let file = file.map_err(|source| SecretFileError::Io { doing: "open", path: path.to_owned(), source })?;
    read(path, &file)
}

fn read(path: &Path, file: &File) -> Result<SecretFile, SecretFileError> {
    let failed = |source| SecretFileError::Io { doing: "read", path: path.to_owned(), source };
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    let mut text = String::new();
    let limited = file.take(SECRET_FILE_BYTES_MAX + 1).read_to_string(&mut text);
    let not_a_secret = || SecretFileError::NotASecret { path: path.to_owned() };
    match limited {
        Err(error) if error.kind() == ErrorKind::InvalidData => return Err(not_a_secret()),
        other => other.map_err(failed)?,
    };
    let trimmed = text.trim();
    if text.len() as u64 > SECRET_FILE_BYTES_MAX || trimmed.contains(['\n', '\r']) {
        return Err(not_a_secret());
    }
    let warning = (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!("{path} can be read by other users (mode {mode:03o}); run: chmod 600 {path}")
    });
    Ok(SecretFile { text: Secret::new(trimmed.to_owned()), warning })
}

/// Whole or not at all: a crash half-way must not leave an empty secret, and a lost master key loses all callers' keys.
fn write(path: &Path, text: &str) -> Result<(), SecretFileError> {
    let failed = |doing| move |source| SecretFileError::Io { doing, path: path.to_owned(), source };
    let draft = path.with_extension("draft");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed("create"))?;
    file.write_all(format!("{text}\n").as_bytes()).map_err(failed("write"))?;
    file.sync_all().map_err(failed("write"))?;
    fs::rename(&draft, path).map_err(failed("create"))?;
    let directory = path.parent().unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed("create"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{SecretFileError, read_or_make};

    #[test]
    fn a_secret_is_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let made = read_or_make(&path, || "first".to_owned()).unwrap();
        let found = read_or_make(&path, || unreachable!("the file exists")).unwrap();
        assert_eq!((made.text.expose(), found.text.expose()), ("first", "first"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(found.warning, None);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn a_file_others_can_read_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("admin.key");
        fs::write(&path, "  something\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let found = read_or_make(&path, String::new).unwrap();
        assert_eq!(found.text.expose(), "something");
        assert!(found.warning.unwrap().ends_with(&format!("(mode 644); run: chmod 600 {}", path.display())));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.key");
        for content in [b"two\nlines".to_vec(), vec![b'a'; 20_000], vec![0xff, 0xfe]] {
            fs::write(&path, content).unwrap();
            let error = read_or_make(&path, String::new).unwrap_err();
            assert!(matches!(error, SecretFileError::NotASecret { .. }), "{error}");
        }
    }
}
