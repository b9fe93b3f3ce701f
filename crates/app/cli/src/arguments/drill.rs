//! What to rehearse.

use std::path::PathBuf;

use clap::Args;

use super::serve::ServeOptions;

/// What to rehearse.
#[derive(Args, Debug)]
pub(crate) struct DrillOptions {
    /// The file, as --config [default: ./bellwether.yaml if it is there].
    pub(crate) file: Option<PathBuf>,
    /// Only this name; may be given several times [default: all under models, else those that providers list].
    #[arg(long = "model", value_name = "NAME")]
    pub(crate) models: Vec<String>,
    /// Only this fault; may be given several times. --list names them.
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
    /// List the faults that are played and the mistakes that are looked for, and do nothing else.
    #[arg(long)]
    pub(crate) list: bool,
    /// Print JSON instead of tables: every scene by itself.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
}
