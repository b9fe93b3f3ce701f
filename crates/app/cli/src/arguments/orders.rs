//! What can be said of orders, and the help that teaches it.

use clap::{Args, Subcommand};

use super::tenancy::Why;

/// What to do with orders.
#[derive(Args, Debug)]
pub(crate) struct OrdersArguments {
    #[command(subcommand)]
    pub(crate) command: OrdersCommand,
}

/// Verbs for orders.
#[derive(Debug, Subcommand)]
pub(crate) enum OrdersCommand {
    /// Note that an account will pay by a transfer. Nothing is given yet.
    Create {
        /// The account's number; or an organisation's id or name, a project's id, or ORGANISATION/PROJECT.
        #[arg(long)]
        account: String,
        /// How much, such as 100.
        #[arg(long, allow_hyphen_values = true)]
        amount: String,
        /// What it is for, such as an invoice's number.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// The transfer has arrived: give the account its money. Once; and no transfer pays two orders.
    Confirm {
        /// The order's number, as `bellwether orders list` shows it.
        number: String,
        /// What the bank calls the transfer.
        #[arg(long, value_name = "TEXT")]
        reference: String,
        #[command(flatten)]
        why: Why,
    },
    /// Nobody waits for its transfer any more.
    Cancel {
        /// The order's number, as `bellwether orders list` shows it.
        number: String,
        #[command(flatten)]
        why: Why,
    },
    /// List orders, the newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Only those before this number.
        #[arg(long, value_name = "NUMBER")]
        before: Option<u64>,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
}
