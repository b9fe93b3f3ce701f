//! What can be said of moving in.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to import.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    #[command(subcommand)]
    pub(crate) command: ImportCommand,
}

/// The gateways that can be left.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// From the configuration file of a LiteLLM proxy. Files that it includes are read as well.
    Litellm {
        /// The proxy's config.yaml.
        file: PathBuf,
        #[command(flatten)]
        options: ImportOptions,
    },
    /// From the database of a new-api or one-api: channels as providers and models; users, keys and balances as a file.
    #[command(visible_alias = "one-api")]
    NewApi {
        /// The SQLite file, a postgres:// URL, env:NAME of a variable that holds one, or JSON: a file or a directory.
        source: String,
        /// Whose numbers the types of channels are [default: what the columns tell].
        #[arg(long, value_enum)]
        layout: Option<Layout>,
        #[command(flatten)]
        options: ImportOptions,
    },
}

/// Which gateway numbered the types of channels.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Layout {
    NewApi,
    OneApi,
}

/// What to do with what is found.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImportOptions {
    /// Write the configuration there, and beside it what must be kept apart, each readable by you alone.
    #[arg(long, value_name = "PATH")]
    pub(crate) write: Option<PathBuf>,
    /// Write nothing: report, and show the configuration. This is also what happens without --write.
    #[arg(long, conflicts_with = "write")]
    pub(crate) dry_run: bool,
    /// Write over files that are there.
    #[arg(long, requires = "write")]
    pub(crate) force: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
