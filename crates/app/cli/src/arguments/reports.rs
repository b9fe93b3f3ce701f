//! What can be said of reports, and the help that teaches it.

use clap::Args;

/// What is to be reported.
#[derive(Args, Debug)]
pub(crate) struct ReportOptions {
    /// One day, such as 2026-11-27 [default: today, unless --from, --to or --by is said].
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"])]
    pub(crate) date: Option<String>,
    /// Since when: a date of the time zone, or a moment such as 2026-11-27T09:30:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Before when [default: up to now, the whole of today].
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// The time zone of dates, such as Asia/Shanghai [default: UTC].
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    /// Part the time: minute (6 hours at most, of the last two days), hour (31 days at most), day, or total [default: total with
    /// --by, else day].
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// Part calls by up to four of: model, provider, served, region, organisation, project, key, tag:NAME, status, error, service.
    #[arg(long, value_name = "NAMES")]
    pub(crate) by: Option<String>,
    /// Only calls that are like this, such as model=gpt-4.1, status=5xx or tag=team=shop; as often as wanted.
    #[arg(long = "where", value_name = "NAME=VALUE")]
    pub(crate) wanted: Vec<String>,
    /// What is left of what customers pay, once the vendors are paid: by organisation and model, losses first. Made of the price book's
    /// list prices at the rates of `reports.market_rates`.
    #[arg(long, conflicts_with_all = ["by", "step"])]
    pub(crate) margin: bool,
    /// Print CSV for a spreadsheet.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
