//! What can be said of prices, and the help that teaches it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with prices.
#[derive(Args, Debug)]
pub(crate) struct PricesArguments {
    #[command(subcommand)]
    pub(crate) command: PricesCommand,
}

/// Verbs for prices.
#[derive(Debug, Subcommand)]
pub(crate) enum PricesCommand {
    /// List the prices in force: a row for each model, seller, tier and length of prompt.
    List {
        /// Only models whose name holds this.
        #[arg(long, value_name = "TEXT")]
        model: Option<String>,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Print the text of the prices in force, or of a former version: to be edited, and given to `set`.
    Show {
        /// The version [default: the one in force].
        version: Option<u32>,
        /// Print the draft instead.
        #[arg(long, conflicts_with = "version")]
        draft: bool,
    },
    /// List every version that was in force.
    Versions {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Say what is wrong with a file of prices, or what it would change. Changes nothing.
    Check {
        /// The file (TOML), as `show` prints it.
        file: PathBuf,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Put a file of prices in force as the next version, whole or not at all. Changes of more than 30 percent need a reason.
    Set {
        /// The file (TOML), as `show` prints it.
        file: PathBuf,
        #[command(flatten)]
        change: PricesChange,
    },
    /// Tell what differs between two versions; without a number, between the last two.
    Diff {
        /// The former version.
        from: Option<u32>,
        /// The later one [default: the one in force].
        to: Option<u32>,
        /// What the draft would change of what is in force.
        #[arg(long, conflicts_with_all = ["from", "to"])]
        draft: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Make a draft of the prices that the catalogue knows. Nobody is priced by a draft.
    Draft {
        /// Throw the draft away instead.
        #[arg(long)]
        drop: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Make a draft of a price list in LiteLLM's form (model_prices_and_context_window.json). Nobody is priced by a draft.
    Import {
        /// The file (JSON).
        file: PathBuf,
        /// Write it there as a file of prices instead of keeping it as the draft.
        #[arg(long, value_name = "PATH")]
        write: Option<PathBuf>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Put the draft in force as the next version.
    Approve {
        /// The number of the draft that you have looked at; another one is refused.
        #[arg(long, value_name = "NUMBER")]
        draft: Option<i64>,
        #[command(flatten)]
        change: PricesChange,
    },
    /// Tell part by part what a call costs, by the prices in force or by a former version.
    Rate(Box<PricesRating>),
}

/// How prices are changed.
#[derive(Args, Debug)]
pub(crate) struct PricesChange {
    /// Why, for those who look at it later.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Refuse if another version than this one is in force.
    #[arg(long, value_name = "VERSION")]
    pub(crate) after: Option<u32>,
    /// Who does it, for the audit.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A call to be priced.
#[derive(Args, Debug)]
pub(crate) struct PricesRating {
    /// The model, in the provider's words.
    pub(crate) model: String,
    /// The configured id of the provider.
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) provider: String,
    /// Its kind, such as openai: prices may be of one provider, or of all of a kind.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) kind: String,
    /// What it used: input=1200,cache_read=300,output=80, by the names of the prices; per_second in thousandths of a second.
    #[arg(long, value_name = "NAME=COUNT", value_delimiter = ',', value_parser = counted)]
    pub(crate) usage: Vec<(String, u64)>,
    /// The service tier.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) service: String,
    /// When it was served, in milliseconds since 1970 [default: now].
    #[arg(long, value_name = "MS")]
    pub(crate) at_ms: Option<i64>,
    /// By this version [default: the one in force].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) version: Option<u32>,
    /// For this organisation.
    #[arg(long, value_name = "ID")]
    pub(crate) organisation: Option<String>,
    /// For this project.
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// For this key.
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

fn counted(text: &str) -> Result<(String, u64), String> {
    let (name, count) = text.split_once('=').ok_or("is NAME=COUNT, such as input=1200")?;
    let count = count.parse().map_err(|_| format!("'{count}' is no count"))?;
    Ok((name.to_owned(), count))
}
