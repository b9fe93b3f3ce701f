//! What can be said of alerts, and the help that teaches it.

use clap::{Args, Subcommand};

use super::tenancy::Why;

/// What to do with alerts.
#[derive(Args, Debug)]
pub(crate) struct AlertsArguments {
    #[command(subcommand)]
    pub(crate) command: AlertsVerb,
}

/// Verbs for alerts: those that answer, and the one that also judges.
#[derive(Debug, Subcommand)]
pub(crate) enum AlertsVerb {
    #[command(flatten)]
    Asked(AlertsCommand),
    /// Send a test to a channel, or to all, and say what each makes of it. Exit code 1 if one did not take it.
    Test(AlertsTest),
}

/// Verbs that answer.
#[derive(Debug, Subcommand)]
pub(crate) enum AlertsCommand {
    /// List what is bad now, what is silenced, and what is left on accounts at providers.
    List {
        /// Also what was bad lately.
        #[arg(long)]
        all: bool,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Tell nobody of something for a while. That it is over is told to whoever was told that it began.
    Silence {
        /// Alerts of this rule, such as provider_down [default: all].
        #[arg(value_name = "RULE")]
        rule: Option<String>,
        /// Only about this, as `bellwether alerts list` shows it, such as a provider's name.
        #[arg(long, value_name = "SUBJECT")]
        subject: Option<String>,
        /// For how long: 30m, 2h, 3d.
        #[arg(long = "for", value_name = "SPAN", value_parser = seconds)]
        span: u64,
        /// Why, for those who wonder.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who does it, for the audit; counts with the admin key only.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// End a silence: what is still bad is told.
    Unsilence {
        /// Its number, as `bellwether alerts list` shows it.
        number: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// List messages and what became of them, the newest first.
    Deliveries {
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Only those before this number.
        #[arg(long, value_name = "NUMBER")]
        before: Option<u64>,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
}

/// Which channel to try.
#[derive(Args, Debug)]
pub(crate) struct AlertsTest {
    /// By its configured name [default: all].
    pub(crate) channel: Option<String>,
    #[command(flatten)]
    pub(crate) why: Why,
}

/// A number with a unit, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let unit = |last: char| match last {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    let last = text.chars().last().and_then(unit);
    let number = text.get(..text.len().saturating_sub(1)).and_then(|number| number.parse::<u64>().ok());
    match (number, last) {
        (Some(number), Some(unit)) if number > 0 => {
            number.checked_mul(unit).ok_or_else(|| "is too long".to_owned())
        }
        _ => Err("say a number and a unit: 30m, 2h, 3d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn spans_have_a_unit() {
        for (text, expected) in [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("3d", 259_200)] {
            assert_eq!(seconds(text), Ok(expected));
        }
        for text in
            ["", "5", "0h", "h", "-1h", "1.5h", "1w", "ü", "99999999999999999999d", "999999999999999999d"]
        {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
