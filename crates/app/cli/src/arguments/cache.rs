//! What can be said of kept answers, and the help that teaches it.

use clap::{Args, Subcommand};

use super::tenancy::Why;

/// What to do with kept answers.
#[derive(Args, Debug)]
pub(crate) struct CacheArguments {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

/// Verbs for kept answers.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show how many answers are kept, how often they helped since the start, and what that saved.
    Show {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Drop kept answers at once, all of them or those of a model or a project, also those that are only being made.
    Flush {
        /// Only those of this model, by the name that callers ask for.
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
        /// Only those that were made for this project, by its id.
        #[arg(long, value_name = "ID")]
        project: Option<String>,
        #[command(flatten)]
        why: Why,
    },
}
