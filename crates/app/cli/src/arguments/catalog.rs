//! What can be said of the catalogue of models.

use clap::{Args, Subcommand};

/// What to do with the catalogue of models.
#[derive(Args, Debug)]
pub(crate) struct CatalogArguments {
    #[command(subcommand)]
    pub(crate) command: CatalogCommand,
}

/// Verbs for the catalogue of models.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// List the models that are known.
    List {
        /// Only of this kind of provider, such as openai.
        #[arg(long)]
        kind: Option<String>,
        /// Also those that are no longer served.
        #[arg(long)]
        retired: bool,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Show all that is known of a model, and where it was read.
    Show {
        /// Its name, or another name for it.
        name: String,
        /// Only of this kind of provider.
        #[arg(long)]
        kind: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Tell in what your own file changes what is shipped, or in what another would change what is in force.
    Diff {
        /// A file or URL to compare with what is in force.
        from: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Take a file as your own catalogue, in place of the one before. What it changes is shown; bad input changes nothing.
    Update {
        /// The file, or the URL where it is.
        #[arg(long, value_name = "FILE|URL")]
        from: String,
        /// Only show what it would change.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}
