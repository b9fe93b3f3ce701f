//! What can be said of rows of calls.

use clap::{Args, Subcommand};

/// What to do with rows of calls.
#[derive(Args, Debug)]
pub(crate) struct RequestsArguments {
    #[command(subcommand)]
    pub(crate) command: RequestsCommand,
}

/// Verbs for rows of calls.
#[derive(Debug, Subcommand)]
pub(crate) enum RequestsCommand {
    /// List calls, the newest first.
    List {
        #[command(flatten)]
        wish: Box<RequestsWish>,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Show all that is kept of one call.
    Show {
        /// Its id, as `x-bellwether-call-id`, the log or `requests list` tell it, or the caller's x-request-id.
        id: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// Which calls are wanted.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RequestsWish {
    /// The one with this id of ours.
    #[arg(long, value_name = "ID")]
    pub(crate) call_id: Option<String>,
    /// Those with this id of the caller's.
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// Those with this key, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,
    /// Those that this organisation pays.
    #[arg(long, value_name = "ID")]
    pub(crate) organisation: Option<String>,
    /// Those of this project.
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Those for this model, by the name that was asked for or the provider's own.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Those that this provider answered.
    #[arg(long, value_name = "ID")]
    pub(crate) provider: Option<String>,
    /// Those with this status, such as 429 or 5xx.
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<String>,
    /// Received from then on, in UTC: 2026-11-27 or 2026-11-27T09:30:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Received before then.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Those before the one with this id of ours.
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
    /// So many at most.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
}

impl RequestsWish {
    /// As the admin API is asked for the next page.
    pub(crate) fn query(&self, limit: u32, after: Option<&str>) -> String {
        const PAGE: u32 = 1000;
        let named = [
            ("call_id", self.call_id.as_deref()),
            ("request_id", self.request_id.as_deref()),
            ("key", self.key.as_deref()),
            ("organisation", self.organisation.as_deref()),
            ("project", self.project.as_deref()),
            ("model", self.model.as_deref()),
            ("provider", self.provider.as_deref()),
            ("status", self.status.as_deref()),
            ("from", self.from.as_deref()),
            ("to", self.to.as_deref()),
            ("after", after),
        ];
        let given =
            named.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", escaped(value?))));
        format!("limit={}{}", limit.clamp(1, PAGE), given.collect::<String>())
    }
}

/// As it may stand in a query.
fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
