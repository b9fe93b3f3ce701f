//! Where an import writes: the configuration, and private files beside it. All of them, or none.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::arguments::ImportOptions;

/// What the files beside the configuration end with, and what they hold.
const BESIDE: &[(&str, &str)] = &[
    ("env", "the providers' keys, as variables"),
    ("accounts.jsonl", "keys, users and balances of callers"),
];
const PRIVATE: u32 = 0o600;

/// The configuration to be written, and whether what is there may be written over.
#[derive(Debug)]
pub(super) struct Outputs {
    configuration: PathBuf,
    may_replace: bool,
}

/// A file that was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) path: PathBuf,
    pub(super) holds: &'static str,
}

impl Written {
    pub(super) fn json(&self) -> Value {
        json!({ "path": self.path.display().to_string(), "holds": self.holds })
    }
}

impl Outputs {
    /// Where to write, if told to; before anything is read, so that nobody waits in vain.
    pub(super) fn check(options: &ImportOptions) -> Result<Option<Self>> {
        let Some(configuration) = options.write.clone() else { return Ok(None) };
        let outputs = Self { configuration, may_replace: options.force };
        let beside = BESIDE.iter().map(|(ending, _)| outputs.beside(ending));
        for path in std::iter::once(outputs.configuration.clone()).chain(beside) {
            outputs.check_free(&path)?;
        }
        Ok(Some(outputs))
    }

    /// Writes the files; each is whole or not there. `beside` are endings and texts; an empty text makes no file.
    /// The configuration is the last: without it nothing else is used.
    pub(super) fn write(&self, configuration: &str, beside: &[(&str, String)]) -> Result<Vec<Written>> {
        let mut files: Vec<(Written, &str)> = Vec::new();
        for (ending, text) in beside.iter().filter(|(_, text)| !text.is_empty()) {
            let holds = BESIDE.iter().find(|(known, _)| known == ending).map_or("", |(_, holds)| *holds);
            files.push((Written { path: self.beside(ending), holds }, text));
        }
        files.push((Written { path: self.configuration.clone(), holds: "the configuration" }, configuration));
        let mut written: Vec<Written> = Vec::new();
        for (file, text) in files {
            if let Err(error) = self.put(&file.path, text) {
                if !self.may_replace {
                    written.iter().for_each(|done| drop(fs::remove_file(&done.path)));
                }
                return Err(error).with_context(|| format!("cannot write {}", file.path.display()));
            }
            written.push(file);
        }
        Ok(written)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.configuration.with_extension(ending)
    }

    fn check_free(&self, path: &Path) -> Result<()> {
        if !self.may_replace && path.symlink_metadata().is_ok() {
            bail!("{} is there already; --force writes over it", path.display());
        }
        Ok(())
    }

    /// Beside it first, private from the first byte, then in one step: over what is there only if that was said.
    fn put(&self, path: &Path, text: &str) -> io::Result<()> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        let draft = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
        let done = write(&draft, text).and_then(|()| {
            if self.may_replace { fs::rename(&draft, path) } else { fs::hard_link(&draft, path) }
        });
        // It is gone after a rename, and of no use otherwise.
        let _ = fs::remove_file(&draft);
        done
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::Outputs;
    use crate::arguments::ImportOptions;

    fn outputs(path: &Path, force: bool) -> anyhow::Result<Outputs> {
        let options = ImportOptions { write: Some(path.to_owned()), dry_run: false, force, json: false };
        Ok(Outputs::check(&options)?.expect("it is told where"))
    }

    #[test]
    fn files_are_private_whole_and_never_written_over_unasked() {
        let dir = std::env::temp_dir().join(format!("bellwether-import-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("b.yaml");
        let beside = [("env", "A=1\n".to_owned()), ("accounts.jsonl", String::new())];
        let written = outputs(&path, false).unwrap().write("providers: {}\n", &beside).unwrap();
        assert_eq!(written.len(), 2, "an empty file is not written");
        for name in ["b.yaml", "b.env"] {
            assert_eq!(dir.join(name).metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        assert!(outputs(&path, false).unwrap_err().to_string().contains("--force"));
        fs::remove_file(&path).unwrap();
        assert!(outputs(&path, false).unwrap_err().to_string().contains("b.env is there already"));
        fs::set_permissions(dir.join("b.env"), fs::Permissions::from_mode(0o644)).unwrap();
        outputs(&path, true).unwrap().write("x: 1\n", &beside).unwrap();
        assert_eq!(
            dir.join("b.env").metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "private again"
        );
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2, "nothing is left beside them");
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn half_an_import_is_taken_back() {
        let dir = std::env::temp_dir().join(format!("bellwether-import-half-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("b.yaml");
        let outputs = outputs(&path, false).unwrap();
        // Somebody makes the file after it was looked for.
        fs::write(&path, "theirs").unwrap();
        assert!(outputs.write("ours", &[("env", "A=1\n".to_owned())]).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        fs::remove_dir_all(&dir).unwrap();
    }
}
