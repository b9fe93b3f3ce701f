//! What can be said of the configuration.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::serve::ServeOptions;

/// What to check.
#[derive(Args, Debug)]
pub(crate) struct CheckOptions {
    /// The file, as --config [default: ./bellwether.yaml if it is there].
    pub(crate) file: Option<PathBuf>,
    /// Also ask every provider whether it takes its keys. It costs nothing; the answer is the provider's own.
    #[arg(long)]
    pub(crate) live: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
}

/// What to do with the configuration.
#[derive(Args, Debug)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// Verbs for the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what is in force on the running server or, without one, what a start would use. Secrets are masked.
    Show {
        /// Everything in force, also what nobody has configured.
        #[arg(long)]
        effective: bool,
        /// Print JSON instead of YAML.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        serve: ServeOptions,
    },
    /// List the configurations that were in force, the newest first.
    Versions {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Compare two configurations value by value: by default what is in force with the file as it stands.
    Diff {
        /// in-force, file, or the number of a version [default: in-force].
        from: Option<String>,
        /// in-force, file, or the number of a version [default: file].
        to: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        serve: ServeOptions,
    },
    /// Put a former configuration back, in force and into the file. What stood there is kept as a version.
    Revert {
        /// Number of the version [default: the last good one; if that is what the file holds, the one before it].
        version: Option<i64>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        serve: ServeOptions,
    },
    /// Make the running server read its file now. It does so by itself within seconds of a change.
    Reload {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}
