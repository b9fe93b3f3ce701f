//! What is said to compare two models.

use clap::Args;

/// What is to be compared.
#[derive(Args, Debug)]
pub(crate) struct RoiOptions {
    /// Tokens a month, prompts and answers together: 50M, 1.5B, 250k.
    #[arg(long, value_name = "COUNT")]
    pub(crate) tokens: String,
    /// What they are sent to now: MODEL=PRICE for a million tokens, MODEL=PROMPT/ANSWER, or MODEL for its list price.
    #[arg(long, value_name = "MODEL[=PRICE]")]
    pub(crate) from: String,
    /// What they would be sent to.
    #[arg(long, value_name = "MODEL[=PRICE]")]
    pub(crate) to: String,
    /// What part of the tokens is prompt, where that has a price of its own: from 0 to 1 [default: 0.75].
    #[arg(long, value_name = "PART")]
    pub(crate) input_share: Option<String>,
    /// What prices and amounts are in [default: that of the list prices, else USD].
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// Over how many months it is reckoned [default: 12].
    #[arg(long, value_name = "COUNT")]
    pub(crate) months: Option<u32>,
    /// Hours a month that nothing works now and would with the change.
    #[arg(long, value_name = "HOURS")]
    pub(crate) downtime_hours: Option<String>,
    /// What such an hour costs.
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) downtime_cost_per_hour: Option<String>,
    /// Hours of work that the change takes, once.
    #[arg(long, value_name = "HOURS")]
    pub(crate) developer_hours: Option<String>,
    /// What such an hour costs.
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) developer_rate: Option<String>,
    /// What else the change costs, once.
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) migration_cost: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
