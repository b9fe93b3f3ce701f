//! The section as a whole.

use std::time::Duration;

use alerts::{Channel, Terms, Timing};
use domain::Money;
use schemars::JsonSchema;
use serde::Deserialize;

use super::channel::{self, ChannelEntry, ChannelSettings};
use super::rules::{self, RulesSection};
use crate::key_path::KeyPath;
use crate::named::Named;
use crate::problem::Report;
use crate::shown;
use crate::sources::Sources;

/// How often everything is looked at unless configured.
const LOOK_SECONDS_DEFAULT: u32 = 15;
/// How often accounts at providers are asked unless configured.
const BALANCE_SECONDS_DEFAULT: u32 = 600;
/// Channels at most.
const CHANNELS_MAX: usize = 50;
const SECOND_MS: i64 = 1000;

/// What operators are told of, and where.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertsSection {
    /// How often everything is looked at, in seconds; default 15.
    #[schemars(range(min = 1, max = 300))]
    look_seconds: Option<u32>,
    /// What rates are reckoned over, in seconds; default 300.
    #[schemars(range(min = 5, max = 86_400))]
    window_seconds: Option<u32>,
    /// With fewer calls in that time nothing is said of their rates; default 20.
    #[schemars(range(min = 1, max = 1_000_000))]
    calls_min: Option<u32>,
    /// How many seconds something has to be well again before that is told; default 60. Money and keys are told at once.
    #[schemars(range(min = 0, max = 86_400))]
    clear_seconds: Option<u32>,
    /// How many seconds a message waits for more, to be told with them; default 10.
    #[schemars(range(min = 0, max = 3_600))]
    group_wait_seconds: Option<u32>,
    /// After how many seconds what goes on is told again; default 86400, never with 0.
    #[schemars(range(min = 0, max = 2_592_000))]
    repeat_seconds: Option<u32>,
    /// The time that `spend_jump` holds against the same time before, in seconds; default 3600.
    #[schemars(range(min = 10, max = 86_400))]
    spend_window_seconds: Option<u32>,
    /// Less than this in such a time is no jump, such as "1", in the currency of the prices; default "1".
    spend_min: Option<String>,
    /// How often accounts at providers are asked what is left, in seconds; default 600, never with 0.
    #[schemars(range(min = 0, max = 86_400))]
    upstream_balance_seconds: Option<u32>,
    /// The rules, all of them on.
    rules: Option<RulesSection>,
    /// Where alerts are told, by names of your own. Without any they are in the log, the metrics and `bellwether alerts list`.
    channels: Option<Named<ChannelEntry>>,
}

/// What operators are told of, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertSettings {
    /// How often everything is looked at.
    pub look: Duration,
    /// How often accounts at providers are asked; never if `None`.
    pub upstream_balance: Option<Duration>,
    /// When something is told.
    pub timing: Timing,
    /// From where on.
    pub terms: Terms,
    /// Where.
    pub channels: Vec<ChannelSettings>,
}

impl AlertSettings {
    /// All channels.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.iter().map(|settings| &settings.channel)
    }
}

pub(crate) fn check(
    section: Option<AlertsSection>,
    sources: &Sources<'_>,
    report: &mut Report,
) -> AlertSettings {
    let section = section.unwrap_or_default();
    let path = KeyPath::default().key("alerts");
    let default = Timing::default();
    let ms = |seconds: Option<u32>, default: i64| {
        seconds.map_or(default, |seconds| i64::from(seconds) * SECOND_MS)
    };
    let repeat_ms = ms(section.repeat_seconds, default.repeat_ms.unwrap_or_default());
    let timing = Timing {
        window_ms: ms(section.window_seconds, default.window_ms),
        calls_min: section.calls_min.map_or(default.calls_min, u64::from),
        clear_ms: ms(section.clear_seconds, default.clear_ms),
        group_wait_ms: ms(section.group_wait_seconds, default.group_wait_ms),
        repeat_ms: (repeat_ms > 0).then_some(repeat_ms),
        spend_window_ms: ms(section.spend_window_seconds, default.spend_window_ms),
        spend_min: amount(section.spend_min.as_deref(), &path.key("spend_min"), default.spend_min, report),
    };
    let terms = rules::check(section.rules, &path.key("rules"), report);
    let channels = path.key("channels");
    let entries = section.channels.map(|named| named.0).unwrap_or_default();
    if entries.len() > CHANNELS_MAX {
        let message = format!("are more than {CHANNELS_MAX} channels");
        report.add(&channels, format!("{} entries", entries.len()), message, None);
    }
    let checked = entries.into_iter().filter_map(|entry| {
        let path = channels.key(&entry.0);
        channel::check(entry, path, sources, report)
    });
    let channels = checked.collect();
    let balance = section.upstream_balance_seconds.unwrap_or(BALANCE_SECONDS_DEFAULT);
    AlertSettings {
        look: Duration::from_secs(section.look_seconds.unwrap_or(LOOK_SECONDS_DEFAULT).into()),
        upstream_balance: (balance > 0).then(|| Duration::from_secs(balance.into())),
        timing,
        terms,
        channels,
    }
}

fn amount(text: Option<&str>, path: &KeyPath, default: Money, report: &mut Report) -> Money {
    let Some(text) = text else { return default };
    let read = Money::parse(text).filter(|amount| *amount >= Money::ZERO);
    if read.is_none() {
        report.add(path, shown::text(text), "must be an amount of 0 or more, such as \"1\"", None);
    }
    read.unwrap_or(default)
}
