//! What can be said of limits, and the help that teaches it.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::tenancy::Why;
use super::whose::Whose;

/// What to do with limits.
#[derive(Args, Debug)]
pub(crate) struct LimitsArguments {
    #[command(subcommand)]
    pub(crate) command: LimitsCommand,
}

/// Verbs for limits.
#[derive(Debug, Subcommand)]
pub(crate) enum LimitsCommand {
    /// List all limits that you may see, with what is left of each.
    List {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// List the plans of the configuration (limits.plans) and what each says.
    Plans {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Limit a key, a project or an organisation: exactly what is said here holds, in the place of what was set before. What only
    /// warns (--on-limit warn) and what refuses or queues stand beside each other: each is in the place of its own sort.
    #[command(
        group(ArgGroup::new("whose").required(true).args(["key", "project", "organisation"])),
        group(ArgGroup::new("what").required(true).multiple(true).args([
            "plan", "rps", "rpm", "tpm", "input_tpm", "output_tpm", "concurrent", "body_bytes", "prompt_tokens",
        ])),
    )]
    Set {
        #[command(flatten)]
        whose: Whose,
        /// A plan of the configuration, in the place of limits; that of a key is set by `bellwether keys change --plan`.
        #[arg(long, value_name = "NAME")]
        plan: Option<String>,
        #[command(flatten)]
        amounts: Box<Amounts>,
        /// Seconds' worth of each rate that may come at once [default: half a second, three requests at least].
        #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
        burst_seconds: Option<i64>,
        /// What happens where one of them is reached [default: refuse].
        #[arg(long, value_enum)]
        on_limit: Option<OnLimitWord>,
        /// How long a call waits with --on-limit queue [default: 5000].
        #[arg(long, value_name = "MS", allow_hyphen_values = true)]
        queue_wait_ms: Option<i64>,
        #[command(flatten)]
        why: Why,
    },
    /// Remove limits: calls that begin from now on are not limited by them.
    Unset {
        /// Their number, as `bellwether limits list` shows it.
        limits: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// How much of each measure. What cannot be is refused by the admin API, which names it.
#[derive(Args, Debug)]
pub(crate) struct Amounts {
    /// Requests in each second.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) rps: Option<i64>,
    /// Requests in each minute.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) rpm: Option<i64>,
    /// Tokens of prompts and answers in each minute.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) tpm: Option<i64>,
    /// Tokens of prompts in each minute.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) input_tpm: Option<i64>,
    /// Tokens of answers in each minute.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) output_tpm: Option<i64>,
    /// Requests at the same time.
    #[arg(long, value_name = "N", alias = "concurrency", allow_hyphen_values = true)]
    pub(crate) concurrent: Option<i64>,
    /// Largest body of a request, in bytes.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) body_bytes: Option<i64>,
    /// Longest prompt, in tokens as they are estimated.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) prompt_tokens: Option<i64>,
}

/// What happens where a limit is reached.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnLimitWord {
    /// The call is refused with 429.
    Refuse,
    /// The call goes on, and its caller is warned.
    Warn,
    /// The call waits its turn for a while.
    Queue,
}

impl OnLimitWord {
    /// As the admin API takes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Warn => "warn",
            Self::Queue => "queue",
        }
    }
}
