//! `cache`: how answers are kept for whoever asks the same. For which models is said there (`models.X.cache`), for which keys
//! here. Keeping them is done elsewhere.

use std::time::Duration;

use routing::{CacheRule, CacheScope};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;

/// Memory for all of them unless configured.
const BYTES_MAX_DEFAULT: u64 = 64 << 20;
/// The longest answer that is kept, unless configured.
const ENTRY_BYTES_MAX_DEFAULT: u32 = 1 << 20;
/// How long an answer is kept unless configured.
const TTL_SECONDS_DEFAULT: u32 = 300;

/// Answers that are kept in memory for whoever asks the same.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CacheSection {
    /// Memory that all kept answers may take, in bytes. Default 67108864, 64 MiB.
    #[schemars(range(min = 1_048_576, max = 1_099_511_627_776_u64))]
    bytes_max: Option<u64>,
    /// The longest answer that is kept, in bytes. Default 1048576, 1 MiB.
    #[schemars(range(min = 1024, max = 67_108_864))]
    entry_bytes_max: Option<u32>,
    /// How long an answer is kept, in seconds. Default 300.
    #[schemars(range(min = 1, max = 2_592_000))]
    ttl_seconds: Option<u32>,
    /// Who has kept answers in common. Default: `project`.
    scope: Option<ScopeName>,
    /// What a kept answer costs its caller, in percent of what it would cost if it was asked for. Default 0.
    #[schemars(range(max = 100))]
    hit_percent: Option<u8>,
    /// Whether answers in which a tool is called are kept, too. Default: false.
    tool_calls: Option<bool>,
    /// Ids of callers' keys, as `bellwether keys list` shows them, whose answers are kept for every model that does not say
    /// `cache: false`.
    #[schemars(length(min = 1, max = 1000))]
    keys: Option<Vec<String>>,
}

/// Who has kept answers in common.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeName {
    /// Nobody: each key has its own.
    Key,
    /// The keys of a project.
    Project,
    /// The keys of an organisation.
    Organisation,
    /// Everybody.
    All,
}

impl ScopeName {
    pub(crate) const fn scope(self) -> CacheScope {
        match self {
            Self::Key => CacheScope::Key,
            Self::Project => CacheScope::Project,
            Self::Organisation => CacheScope::Organisation,
            Self::All => CacheScope::All,
        }
    }
}

/// How answers are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// Memory that all may take.
    pub bytes_max: u64,
    /// The longest that is kept.
    pub entry_bytes_max: u32,
    /// How, where a model says no more.
    pub rule: CacheRule,
    /// Whose answers are kept for every model that does not say otherwise.
    pub keys: Vec<String>,
}

pub(crate) fn check(section: Option<CacheSection>, report: &mut Report) -> CacheSettings {
    let section = section.unwrap_or_default();
    let CacheSection { bytes_max, entry_bytes_max, ttl_seconds, scope, hit_percent, tool_calls, keys } =
        section;
    let bytes_max = bytes_max.unwrap_or(BYTES_MAX_DEFAULT);
    let entry_bytes_max = entry_bytes_max.unwrap_or(ENTRY_BYTES_MAX_DEFAULT);
    if u64::from(entry_bytes_max) > bytes_max {
        let path = KeyPath::default().key("cache").key("entry_bytes_max");
        let message = format!("must not be above bytes_max ({bytes_max}): it would never be kept");
        report.add(&path, entry_bytes_max.to_string(), message, None);
    }
    let keys = keys.unwrap_or_default();
    for (place, key) in keys.iter().enumerate().filter(|(_, key)| key.trim().is_empty()) {
        let path = KeyPath::default().key("cache").key("keys").index(place);
        report.add(&path, shown::text(key), "must be the id of a key", None);
    }
    CacheSettings {
        bytes_max,
        entry_bytes_max,
        rule: CacheRule {
            ttl: Duration::from_secs(ttl_seconds.unwrap_or(TTL_SECONDS_DEFAULT).into()),
            scope: scope.map_or(CacheScope::Project, ScopeName::scope),
            hit_percent: hit_percent.unwrap_or(0),
            keeps_tool_calls: tool_calls.unwrap_or(false),
        },
        keys,
    }
}
