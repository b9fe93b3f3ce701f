//! What can be said of backups, and the help that teaches it.

use std::path::PathBuf;

use clap::Args;

/// Where a backup goes.
#[derive(Args, Debug)]
pub(crate) struct BackupOptions {
    /// The file that is made; one that is there is not written over. Packed (gzip) if it ends in .gz.
    pub(crate) file: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is restored.
#[derive(Args, Debug)]
pub(crate) struct RestoreOptions {
    /// The file that `bellwether backup` has made.
    pub(crate) file: PathBuf,
    /// Who does it, for the audit [default: the user of this shell].
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
