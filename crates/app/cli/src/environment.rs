//! What the process finds around it: variables, directories, files.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use config::FILE_ENDING;
use domain::Secret;
use rustix::fs::OFlags;

use crate::arguments::DataOptions;

/// Largest file that is read for a secret or a certificate.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The secret of a variable, or of the file that the variable with `_FILE` behind its name points to.
pub(crate) fn secret(name: &str) -> Result<Option<Secret>> {
    let file_variable = format!("{name}{FILE_ENDING}");
    let text = match (variable(name), variable(&file_variable)) {
        (None, None) => return Ok(None),
        (Some(text), None) => text,
        (None, Some(path)) => {
            read_file(Path::new(&path)).map_err(anyhow::Error::msg).context(file_variable)?
        }
        (Some(_), Some(_)) => bail!("{name} and {file_variable} are both set: unset one of them"),
    };
    Ok(Some(Secret::new(text.trim().to_owned())))
}

/// Who sits at this shell, as far as it says.
pub(crate) fn user() -> Option<String> {
    ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(variable)
}

/// The names of all variables.
pub(crate) fn variable_names() -> Vec<String> {
    let mut names: Vec<String> =
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    names.sort();
    names
}

/// The data directory: as told, else where this platform keeps such things.
pub(crate) fn data_dir(options: &DataOptions) -> Result<PathBuf> {
    if let Some(told) = &options.data_dir {
        return Ok(told.clone());
    }
    let base = variable("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")));
    let base = base.context("neither HOME nor XDG_DATA_HOME is set: say --data-dir DIR")?;
    Ok(base.join("bellwether"))
}

/// Reads a small text file; the error is for the operator.
pub(crate) fn read_file(path: &Path) -> Result<String, String> {
    read_file_of(path, FILE_BYTES_MAX)
}

/// The same of a file that may be larger.
pub(crate) fn read_file_of(path: &Path, bytes_max: u64) -> Result<String, String> {
    let described = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    // A pipe without a writer must not hold up whoever opens it, and it holds nothing that can be read twice.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(described)?;
    if !file.metadata().map_err(described)?.is_file() {
        return Err(format!("{} is no regular file", path.display()));
    }
    let mut text = String::new();
    file.take(bytes_max + 1).read_to_string(&mut text).map_err(described)?;
    if text.len() as u64 > bytes_max {
        return Err(format!("{} is larger than {bytes_max} bytes", path.display()));
    }
    Ok(text)
}
