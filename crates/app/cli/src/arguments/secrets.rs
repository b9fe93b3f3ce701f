//! What can be said of the store's secrets, and the help that teaches it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with secrets.
#[derive(Args, Debug)]
pub(crate) struct SecretsArguments {
    #[command(subcommand)]
    pub(crate) command: SecretsCommand,
}

/// Verbs for secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    /// Set a secret, read from standard input; the configuration names it as secret:NAME. A running server uses it for calls that
    /// begin from then on.
    Set {
        /// What the configuration calls it.
        name: String,
        /// Take it from this variable in place of standard input. A secret is never an argument: others could see it.
        #[arg(long, value_name = "VARIABLE")]
        from_env: Option<String>,
        #[command(flatten)]
        words: SecretsWords,
    },
    /// List all secrets: names, versions and the ends of long ones; never the secrets themselves.
    List(SecretsListing),
    /// Remove a secret that the configuration does not name any more.
    Remove {
        /// Which.
        name: String,
        #[command(flatten)]
        listing: SecretsListing,
    },
    /// Seal everything that is sealed anew, under the next key that is derived from the master key. Callers' keys and the master key
    /// stay as they are.
    Rotate {
        #[command(flatten)]
        words: SecretsWords,
    },
}

/// What goes into the audit, and how to answer.
#[derive(Args, Debug)]
pub(crate) struct SecretsWords {
    /// Why, for those who look at it later.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
    /// Who does it, for the audit [default: the user of this shell].
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to list, and what is looked at.
#[derive(Args, Debug)]
pub(crate) struct SecretsListing {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where no server runs: the configuration that may name them [default: ./bellwether.yaml if it is there].
    #[arg(long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}
