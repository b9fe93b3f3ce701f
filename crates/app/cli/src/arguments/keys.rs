//! What can be said of callers' keys.

use clap::{ArgGroup, Args, Subcommand};

/// What to do with keys.
#[derive(Args, Debug)]
pub(crate) struct KeysArguments {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// Verbs for keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key; it is shown this once.
    Create {
        /// What it is for, such as the application or person that will use it.
        #[arg(long)]
        name: String,
        /// Days until it stops working [default: never].
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        expires_days: Option<u32>,
        /// Refuse its callers' requests where translation would lose something, rather than warn.
        #[arg(long)]
        strict: bool,
        /// The models its callers may ask for; a name may end in * for whatever follows [default: all].
        #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
        models: Vec<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// List all keys; never the keys themselves.
    List {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Change a key; the next call with it is served so.
    #[command(group(ArgGroup::new("change").args(["strict", "no_strict", "models", "all_models"]).required(true).multiple(true)))]
    Change {
        /// The key's id, as `bellwether keys list` shows it.
        id: String,
        /// Refuse its callers' requests where translation would lose something.
        #[arg(long, conflicts_with = "no_strict")]
        strict: bool,
        /// Only warn its callers, unless a request itself asks to be strict.
        #[arg(long)]
        no_strict: bool,
        /// The models its callers may ask for from now on; a name may end in * for whatever follows.
        #[arg(long, value_name = "NAME,NAME", value_delimiter = ',', conflicts_with = "all_models")]
        models: Vec<String>,
        /// Its callers may ask for all models.
        #[arg(long)]
        all_models: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Take a key back: it is refused from this moment on, for good.
    Revoke {
        /// The key's id, as `bellwether keys list` shows it.
        id: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}
