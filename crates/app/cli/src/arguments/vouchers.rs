//! What can be said of vouchers, and the help that teaches it.

use clap::{Args, Subcommand};

use super::tenancy::Why;

/// What to do with vouchers.
#[derive(Args, Debug)]
pub(crate) struct VouchersArguments {
    #[command(subcommand)]
    pub(crate) command: VouchersCommand,
}

/// Verbs for vouchers.
#[derive(Debug, Subcommand)]
pub(crate) enum VouchersCommand {
    /// Make codes that are worth money once; they are shown this once, one a line.
    Create {
        /// What each gives, such as 10.
        #[arg(long, allow_hyphen_values = true)]
        amount: String,
        /// How many.
        #[arg(long, default_value_t = 1)]
        count: u32,
        /// In what, such as USD [default: that of the prices].
        #[arg(long, value_name = "CODE")]
        currency: Option<String>,
        /// Until when they can be redeemed, such as 2027-01-01 [default: for ever].
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
        /// How many days what they give lasts [default: for ever].
        #[arg(long, value_name = "DAYS")]
        credit_days: Option<u32>,
        /// What they are for.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// List what was made and what became of it, the newest first; never a code.
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
    /// Take one back: its code gives nothing from now on.
    Revoke {
        /// Its number, as `bellwether vouchers list` shows it.
        number: String,
        #[command(flatten)]
        why: Why,
    },
    /// Redeem a code for an account.
    Redeem {
        /// The code.
        code: String,
        /// The account's number; or an organisation's id or name, a project's id, or ORGANISATION/PROJECT.
        #[arg(long)]
        account: String,
        #[command(flatten)]
        why: Why,
    },
}
