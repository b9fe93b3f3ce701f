//! What a running server is asked about itself.

use clap::Args;

/// What to try.
#[derive(Args, Debug)]
pub(crate) struct PreflightOptions {
    /// Where callers reach the server [default: the one that runs on the data directory, else BELLWETHER_URL].
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Ask for this model; may be given several times [default: every configured one, else the cheapest that is known of each
    /// provider].
    #[arg(long = "model", value_name = "NAME", conflicts_with = "free")]
    pub(crate) models: Vec<String>,
    /// Ask no model. Without it each model is asked for one short answer, which costs a few tokens.
    #[arg(long)]
    pub(crate) free: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What would be asked.
#[derive(Args, Debug)]
pub(crate) struct ExplainOptions {
    /// The model, as a caller would name it.
    pub(crate) model: String,
    /// Tokens of the prompt.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) prompt_tokens: u64,
    /// The cap on tokens of the answer.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) output_tokens: u64,
    /// The answer is to be streamed.
    #[arg(long)]
    pub(crate) stream: bool,
    /// What the model must be able to do: tools, images, audio, documents, schema.
    #[arg(long, value_name = "WHAT,WHAT", value_delimiter = ',')]
    pub(crate) needs: Vec<String>,
    /// The id of the caller's key, as `bellwether keys list` shows it.
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,
    /// A header of the request, as "NAME: VALUE"; may be given several times.
    #[arg(long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// The model that the caller would like best, as x-bellwether-prefer says it.
    #[arg(long, value_name = "MODEL")]
    pub(crate) prefer: Option<String>,
    /// The caller has a chain of his own, as x-bellwether-fallback: off says it.
    #[arg(long)]
    pub(crate) no_fallback: bool,
    /// Where it is sent to [default: /v1/chat/completions].
    #[arg(long, value_name = "PATH")]
    pub(crate) surface: Option<String>,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whom to ask.
#[derive(Args, Debug)]
pub(crate) struct HealthOptions {
    /// The server [default: the one that runs on the data directory].
    #[arg(long, value_name = "URL", env = "BELLWETHER_URL")]
    pub(crate) url: Option<String>,
}

/// How to watch.
#[derive(Args, Debug)]
pub(crate) struct TopOptions {
    /// Look once and print it. So it is, too, where there is no terminal.
    #[arg(long)]
    pub(crate) once: bool,
    /// Also show targets that nobody has asked yet.
    #[arg(long)]
    pub(crate) all: bool,
    /// Look again after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) interval: u64,
    /// Look once and print JSON: what /admin/v1/stats says, with the lines and targets of /admin/v1/health.
    #[arg(long)]
    pub(crate) json: bool,
}
