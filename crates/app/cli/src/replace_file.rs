//! Writing a configuration file so that nobody ever reads half of it.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Puts `text` in the place of the file: beside it first, then in one step. A link is followed, the mode is kept.
pub(crate) fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = write(&beside, &path, text);
    if written.is_err() {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(beside: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(beside)?;
    // Where there is none to take the mode from: the text may hold a secret.
    let mode = fs::metadata(path).map_or(Permissions::from_mode(0o600), |present| present.permissions());
    file.set_permissions(mode)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::replace_file;

    #[test]
    fn the_file_is_whole_its_mode_kept_and_links_followed() {
        let dir = std::env::temp_dir().join(format!("bellwether-replace-{}", std::process::id()));
        fs::create_dir_all(dir.join("real")).unwrap();
        let (file, link) = (dir.join("real/b.yaml"), dir.join("b.yaml"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        replace_file(&link, "after").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_dir(dir.join("real")).unwrap().count(), 1, "nothing is left beside it");
        assert!(replace_file(&dir.join("not/there.yaml"), "x").is_err());
        fs::remove_dir_all(&dir).unwrap();
    }
}
