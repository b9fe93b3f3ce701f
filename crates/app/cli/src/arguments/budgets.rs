//! What can be said of budgets, and the help that teaches it.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::tenancy::Why;
use super::whose::Whose;

/// What to do with budgets.
#[derive(Args, Debug)]
pub(crate) struct BudgetsArguments {
    #[command(subcommand)]
    pub(crate) command: BudgetsCommand,
}

/// Verbs for budgets. Amounts stay texts up to where they are read: no float ever holds one.
#[derive(Debug, Subcommand)]
pub(crate) enum BudgetsCommand {
    /// List all budgets that you may see, with what is left of each.
    List {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Set a budget for a key, a project or an organisation: from now on calls that may go beyond it are refused.
    #[command(group(ArgGroup::new("whose").required(true).args(["key", "project", "organisation"])))]
    Set {
        /// How much may be spent, in the currency of the prices, such as 50.
        #[arg(value_name = "AMOUNT", allow_hyphen_values = true)]
        limit: String,
        /// How often it begins anew.
        #[arg(long, value_enum)]
        per: PeriodWord,
        #[command(flatten)]
        whose: Whose,
        /// By whose clocks a day or a month begins, such as Europe/Berlin [default: UTC].
        #[arg(long, value_name = "NAME")]
        zone: Option<String>,
        #[command(flatten)]
        warning: Warning,
        /// Refuse nobody: only warn.
        #[arg(long)]
        soft: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Change how much one is, or what happens at its end. What was spent stays spent.
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args(["limit", "warn_percent", "soft", "hard"])))]
    Change {
        /// Its number, as `bellwether budgets list` shows it.
        budget: String,
        /// How much may be spent from now on.
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        limit: Option<String>,
        #[command(flatten)]
        warning: Warning,
        /// Refuse nobody: only warn.
        #[arg(long, conflicts_with = "hard")]
        soft: bool,
        /// Refuse calls that may go beyond it.
        #[arg(long)]
        hard: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Remove one: calls that begin from now on do not count for it.
    Remove {
        /// Its number, as `bellwether budgets list` shows it.
        budget: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// When to warn.
#[derive(Args, Debug)]
pub(crate) struct Warning {
    /// Warn when so many percent of it are spent [default: 80].
    #[arg(long = "warn-at", value_name = "PERCENT", value_parser = clap::value_parser!(u64))]
    pub(crate) warn_percent: Option<u64>,
}

/// How often a budget begins anew.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PeriodWord {
    Day,
    Month,
    /// Never.
    Total,
}

impl PeriodWord {
    /// As the admin API takes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }
}
