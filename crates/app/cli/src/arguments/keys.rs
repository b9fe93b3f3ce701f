//! What can be said of callers' keys.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

/// What to do with keys.
#[derive(Args, Debug)]
pub(crate) struct KeysArguments {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// Verbs for keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key; it is shown this once.
    Create {
        /// What it is for, such as the application or person that will use it.
        #[arg(long)]
        name: String,
        /// The project that it is for, by its id [default: the one that is always there].
        #[arg(long, value_name = "ID")]
        project: Option<String>,
        /// Days until it stops working, or never [default: keys.expires_days_default of the configuration, else 90].
        #[arg(long, value_name = "DAYS", value_parser = days)]
        expires_days: Option<Days>,
        /// Refuse its callers' requests where translation would lose something, rather than warn.
        #[arg(long)]
        strict: bool,
        /// The plan that limits it, as `bellwether limits plans` lists them, or none [default: default].
        #[arg(long, value_name = "NAME")]
        plan: Option<String>,
        #[command(flatten)]
        limited: Limited,
        #[command(flatten)]
        narrowed: Narrowed,
        /// A word for listings and bills, such as team=shop; several times for several.
        #[arg(long, value_name = "NAME=VALUE")]
        tag: Vec<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// List keys; never the keys themselves.
    List {
        /// Only those of a project, by its id.
        #[arg(long, value_name = "ID")]
        project: Option<String>,
        /// Only those of an organisation, by its id.
        #[arg(long, value_name = "ID")]
        organisation: Option<String>,
        /// Only those with this tag.
        #[arg(long, value_name = "NAME=VALUE")]
        tag: Option<String>,
        /// Only those in this state.
        #[arg(long, value_parser = ["active", "expired", "revoked"])]
        state: Option<String>,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Show all about one key but the key itself.
    Show {
        /// The key's id, as `bellwether keys list` shows it.
        id: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Change a key; the next call with it is served so.
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args([
        "name", "expires_days", "strict", "no_strict", "plan", "models", "providers", "regions", "routes", "networks",
        "all_models", "all_providers", "all_regions", "all_routes", "all_networks", "tag", "no_tags",
    ])))]
    Change {
        /// The key's id, as `bellwether keys list` shows it.
        id: String,
        /// What it is called from now on.
        #[arg(long)]
        name: Option<String>,
        /// Days from now until it stops working, or never.
        #[arg(long, value_name = "DAYS", value_parser = days)]
        expires_days: Option<Days>,
        /// Refuse its callers' requests where translation would lose something.
        #[arg(long, conflicts_with = "no_strict")]
        strict: bool,
        /// Only warn its callers, unless a request itself asks to be strict.
        #[arg(long)]
        no_strict: bool,
        /// The plan that limits it from now on, or none.
        #[arg(long, value_name = "NAME")]
        plan: Option<String>,
        #[command(flatten)]
        narrowed: Narrowed,
        #[command(flatten)]
        widened: Widened,
        /// All the tags that it is to have; several times for several.
        #[arg(long, value_name = "NAME=VALUE", conflicts_with = "no_tags")]
        tag: Vec<String>,
        /// It has no tags from now on.
        #[arg(long)]
        no_tags: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Give a key a successor of the same name, for the same; it is shown this once. Both work for a while.
    Rotate {
        /// The key's id, as `bellwether keys list` shows it.
        id: String,
        /// Hours that the former key goes on; 0 ends it at once [default: 24].
        #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(0..=2160))]
        overlap_hours: Option<u32>,
        /// Days until the successor stops working, or never [default: as long as the former one had].
        #[arg(long, value_name = "DAYS", value_parser = days)]
        expires_days: Option<Days>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Take a key back: it is refused from this moment on, for good.
    Revoke {
        /// The key's id, as `bellwether keys list` shows it.
        id: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Take keys over from elsewhere, as they are: all of them, or none and what is wrong with each.
    Import {
        /// The file: CSV, JSON or JSON lines; an SQLite file or export of new-api or one-api; an export of LiteLLM's keys.
        source: String,
        /// What it is [default: what it looks like].
        #[arg(long, value_enum)]
        format: Option<KeysFormat>,
        /// The project of those that name none, by its id [default: the one that is always there].
        #[arg(long, value_name = "ID", conflicts_with = "balances")]
        project: Option<String>,
        #[command(flatten)]
        balances: BalanceOptions,
        /// Take none: say what would be taken, and what is wrong.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// Whether balances are carried with keys, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct BalanceOptions {
    /// Carry what is left to spend, too: balances of users as accounts, quotas and budgets as budgets. Run again, it does nothing twice.
    #[arg(long)]
    pub(crate) balances: bool,
    /// The organisation of the projects that are made for users and teams [default: the one that is always there].
    #[arg(long = "org", value_name = "ORGANISATION", requires = "balances")]
    pub(crate) organisation: Option<String>,
    /// Which gateway they are from: a second one needs another name [default: new-api or litellm].
    #[arg(long, value_name = "NAME", requires = "balances")]
    pub(crate) origin: Option<String>,
    /// What one unit of money is there.
    #[arg(long, value_name = "CODE", default_value = "USD", requires = "balances")]
    pub(crate) currency: String,
    /// Let users who owe something there begin with nothing; else they stop the import.
    #[arg(long, requires = "balances")]
    pub(crate) forgive_debts: bool,
}

/// What a key is narrowed to.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Narrowed {
    /// The models its callers may ask for; a name may end in * for whatever follows [default: all].
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub(crate) models: Vec<String>,
    /// The providers that may serve it, by their configured ids [default: all].
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    pub(crate) providers: Vec<String>,
    /// The regions where it may be served [default: all].
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub(crate) regions: Vec<String>,
    /// What it may be used for: chat, completions, responses, messages, embeddings, moderations, images, audio, rerank
    /// [default: all].
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub(crate) routes: Vec<String>,
    /// The addresses it may be used from, such as 203.0.113.7 or 10.0.0.0/8 [default: anywhere].
    #[arg(long, value_name = "NETWORK,NETWORK", value_delimiter = ',')]
    pub(crate) networks: Vec<String>,
}

/// Limits of a new key from its first call on. What cannot be is refused by the admin API, which names it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Limited {
    /// Requests in each minute, beside what its plan says; `bellwether limits set` has more of these.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) rpm: Option<i64>,
    /// Tokens of prompts and answers in each minute.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) tpm: Option<i64>,
    /// Requests at the same time.
    #[arg(long, value_name = "N", alias = "concurrent", allow_hyphen_values = true)]
    pub(crate) concurrency: Option<i64>,
}

/// What a key is for all of from now on.
#[derive(Args, Clone, Debug)]
pub(crate) struct Widened {
    /// Its callers may ask for all models.
    #[arg(long, conflicts_with = "models")]
    pub(crate) all_models: bool,
    /// All providers may serve it.
    #[arg(long, conflicts_with = "providers")]
    pub(crate) all_providers: bool,
    /// It may be served in all regions.
    #[arg(long, conflicts_with = "regions")]
    pub(crate) all_regions: bool,
    /// It may be used for everything.
    #[arg(long, conflicts_with = "routes")]
    pub(crate) all_routes: bool,
    /// It may be used from anywhere.
    #[arg(long, conflicts_with = "networks")]
    pub(crate) all_networks: bool,
}

/// What a file of keys is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeysFormat {
    /// Columns with names in the first line.
    Csv,
    /// A list of objects, or one a line.
    Json,
    /// The database of a new-api or one-api, or its rows as JSON.
    #[value(alias = "one-api")]
    NewApi,
    /// The rows of LiteLLM's keys as JSON, or its configuration with a master key.
    Litellm,
}

/// How long a key lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Days {
    /// So many days.
    Number(u32),
    /// For ever.
    Never,
}

impl Days {
    /// As the admin API takes it.
    pub(crate) fn seconds(self) -> Option<u64> {
        match self {
            Self::Number(days) => Some(u64::from(days) * 86_400),
            Self::Never => None,
        }
    }
}

fn days(text: &str) -> Result<Days, String> {
    let days_max = store::KEY_DAYS_MAX;
    match text.parse() {
        _ if text == "never" => Ok(Days::Never),
        Ok(number) if (1..=days_max).contains(&number) => Ok(Days::Number(number)),
        _ => Err(format!("must be 1 to {days_max}, or never")),
    }
}
