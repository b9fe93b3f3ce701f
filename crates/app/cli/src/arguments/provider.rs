//! What can be said of providers, and the help that teaches it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with providers.
#[derive(Args, Debug)]
pub(crate) struct ProviderArguments {
    #[command(subcommand)]
    pub(crate) command: ProviderCommand,
}

/// Verbs for providers.
#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// List all providers, what of them is switched off and why, and how many calls run there.
    List(ProviderListing),
    /// Take a provider out at once: nothing new goes there, whatever else fails. What has begun to answer ends by itself.
    Disable(ProviderChange),
    /// Let a provider run out: no new calls, but calls under way may still go there, and answers that it keeps can be
    /// gone on from.
    Drain(ProviderChange),
    /// Put a provider back, with everything of it that was switched off in this scope.
    Enable(ProviderChange),
}

/// How to list.
#[derive(Args, Debug)]
pub(crate) struct ProviderListing {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where no server runs: the configuration that the next start will read [default: ./bellwether.yaml if it is there].
    #[arg(long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// What to switch.
#[derive(Args, Debug)]
pub(crate) struct ProviderChange {
    /// The provider's id in the configuration, as `bellwether provider list` shows it.
    pub(crate) provider: String,
    /// Only its lines that lead to this region.
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<String>,
    /// Only this model, by the provider's own name for it.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Why, for those who look at it later.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who does it, for the audit [default: the user of this shell].
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) listing: ProviderListing,
}
