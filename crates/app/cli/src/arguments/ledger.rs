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
    /// Walk the journal of money and the database, and say of each invariant whether it holds. A running server does it beside its
    /// calls. Exit code 1 and what breaks it if one does not; 2 if it cannot be checked.
    Verify(LedgerCheck),
    /// Begin the journal of money anew where the database is, while no server runs: after a restore elsewhere, or where the
    /// journal's disk is gone. What the database had not taken in is lost, as a rule the last tenth of a second.
    BeginAnew {
        /// Why, for the audit.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who does it, for the audit.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// List what moved, the newest first: what a call was charged, what came in, what went out.
    Entries(EntriesWish),
    /// Show what an account had at the beginning of a month, what came and went, and what it had at its end.
    Statement {
        /// Which account, if there are several: its number; or an organisation's id or name, a project's id, or
        /// ORGANISATION/PROJECT.
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
        /// Which month, such as 2026-11, in UTC [default: this one].
        #[arg(long, value_name = "MONTH")]
        month: Option<String>,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
}

/// Which entries.
#[derive(Args, Debug)]
pub(crate) struct EntriesWish {
    /// Those of this account: its number; or an organisation's id or name, a project's id, or ORGANISATION/PROJECT.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Those of this call.
    #[arg(long, value_name = "ID", conflicts_with = "request_id")]
    pub(crate) call_id: Option<String>,
    /// Those of the calls with this id of the caller's own.
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// Those whose key begins so, such as order: or voucher:.
    #[arg(long, value_name = "BEGINNING")]
    pub(crate) key: Option<String>,
    /// Recorded from then on, in UTC.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Recorded before then.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Go on behind the next_after of a list before.
    #[arg(long, value_name = "PLACE")]
    pub(crate) after: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to check.
#[derive(Args, Debug)]
pub(crate) struct LedgerCheck {
    /// Print JSON instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}
