//! What can be said of the ledger, and the help that teaches it.

use clap::{Args, Subcommand};

/// What to do with the ledger.
#[derive(Args, Debug)]
pub(crate) struct LedgerArguments {
    #[command(subcommand)]
    pub(crate) command: LedgerCommand,
}

/// Verbs for the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Walk the journal of money and the database while no server runs on them, and say of each invariant whether it holds. Exit
    /// code 1 and what breaks it if one does not; 2 if it cannot be checked.
    Verify(LedgerCheck),
}

/// How to check.
#[derive(Args, Debug)]
pub(crate) struct LedgerCheck {
    /// Print JSON instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}
