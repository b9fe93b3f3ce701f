//! The operator's own catalogue: where it is, what it says, and how it is replaced.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use providers::models::{Catalogue, shipped};
use store::DataDir;

use super::download::download;
use crate::arguments::DataOptions;
use crate::environment;
use crate::replace_file::replace_file;
use crate::settings::catalog_file;

/// The file in the data directory, there or not.
pub(super) struct OwnFile(PathBuf);

impl OwnFile {
    pub(super) fn of(data: &DataOptions) -> Result<Self> {
        Ok(Self(catalog_file(data)?))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What a start would use.
    pub(super) fn in_force(&self) -> Result<Catalogue> {
        if self.0.symlink_metadata().is_err() {
            return Ok(shipped());
        }
        let text = environment::read_file(&self.0).map_err(anyhow::Error::msg)?;
        Ok(checked(&self.0.display().to_string(), &text)?.over(&shipped()))
    }

    /// Puts a text in its place; it has been checked.
    pub(super) fn replace(&self, text: &str) -> Result<()> {
        if let Some(dir) = self.0.parent() {
            DataDir::create(dir.to_owned())?;
        }
        replace_file(&self.0, text).with_context(|| format!("cannot write {}", self.0.display()))
    }
}

/// The text of a file or an address, and what it says.
pub(super) fn read_from(place: &str) -> Result<(String, Catalogue)> {
    let text = if place.contains("://") {
        download(place)?
    } else {
        environment::read_file(Path::new(place)).map_err(anyhow::Error::msg)?
    };
    let catalogue = checked(place, &text)?;
    Ok((text, catalogue))
}

fn checked(place: &str, text: &str) -> Result<Catalogue> {
    Catalogue::read(text).map_err(|flaws| {
        let list: Vec<_> = flaws.iter().map(|flaw| format!("  {flaw}")).collect();
        anyhow!("{place} is no catalogue, and nothing of it is used:\n{}", list.join("\n"))
    })
}
