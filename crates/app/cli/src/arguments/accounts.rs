//! What can be said of accounts, and the help that teaches it.

use clap::{ArgGroup, Args, Subcommand};

use super::tenancy::Why;

/// What to do with accounts.
#[derive(Args, Debug)]
pub(crate) struct AccountsArguments {
    #[command(subcommand)]
    pub(crate) command: AccountsCommand,
}

/// Verbs for accounts. Amounts stay texts up to where they are read: no float ever holds one.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// List all accounts with what is left of them.
    List {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Make an account. From then on calls of its owner's keys are paid out of it, and refused without money.
    Create {
        /// The organisation's id or name.
        organisation: String,
        /// Pay only for this project of it, by its id or name [default: for all that have no account of their own].
        #[arg(long, value_name = "PROJECT")]
        project: Option<String>,
        /// In what, such as USD [default: that of the prices].
        #[arg(long, value_name = "CODE")]
        currency: Option<String>,
        #[command(flatten)]
        terms: Terms,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Show one.
    Show {
        #[command(flatten)]
        account: AccountMeant,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Give money by hand, for a reason.
    Credit {
        #[command(flatten)]
        correction: Correction,
    },
    /// Take money by hand, for a reason. Refused where there is less.
    Debit {
        #[command(flatten)]
        correction: Correction,
        /// Take it also where there is less: the account owes the rest.
        #[arg(long)]
        may_overdraw: bool,
    },
    /// Change how much one may owe, or below what balance its owner is warned.
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args(["credit", "warn_below"])))]
    Change {
        #[command(flatten)]
        account: AccountMeant,
        #[command(flatten)]
        terms: Terms,
        #[command(flatten)]
        why: Why,
    },
}

/// Which account.
#[derive(Args, Debug)]
pub(crate) struct AccountMeant {
    /// Its number; or an organisation's id or name, a project's id, or ORGANISATION/PROJECT.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
}

/// Terms of an account.
#[derive(Args, Debug)]
pub(crate) struct Terms {
    /// How much it may owe: calls are paid afterwards up to that [default: 0, paid ahead].
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub(crate) credit: Option<String>,
    /// Below what balance its owner is warned [default: 10].
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub(crate) warn_below: Option<String>,
}

/// Money by hand.
#[derive(Args, Debug)]
pub(crate) struct Correction {
    #[command(flatten)]
    pub(crate) account: AccountMeant,
    /// How much, such as 12.5.
    #[arg(allow_hyphen_values = true)]
    pub(crate) amount: String,
    /// What it happens once for, such as a ticket's number: said again, it is refused [default: a new one].
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Why, for those who look at it later.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who does it, for the audit; counts with the admin key only.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
