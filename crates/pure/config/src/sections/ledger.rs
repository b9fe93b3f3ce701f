//! `ledger`: how money of calls is kept safe. Keeping it is done elsewhere.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much of the journal is one file, unless configured.
const SEGMENT_BYTES_DEFAULT: u64 = 64 << 20;
/// How much the journal may hold, unless configured.
const JOURNAL_BYTES_MAX_DEFAULT: u64 = 16 << 30;

/// The ledger of accounts. There is none before the first account is made.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LedgerSection {
    /// How safe a charge is before the caller gets the end of the answer; default `slot`: it survives the end of the process.
    level: Option<LedgerLevel>,
    /// The file of running calls, 8 MiB; best in memory that outlives the process. Default: in `/dev/shm`, in a container in
    /// the data directory. Read at the start.
    slots_file: Option<String>,
    /// How large one file of the journal is; default 67108864. Four are set aside. Read at the start.
    #[schemars(range(min = 1_048_576, max = 1_073_741_824))]
    segment_bytes: Option<u64>,
    /// How much the journal may hold while the database is away; default 17179869184. Read at the start.
    #[schemars(range(min = 16_777_216, max = 1_099_511_627_776_u64))]
    journal_bytes_max: Option<u64>,
}

/// How safe a charge is before the caller is told of the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LedgerLevel {
    /// In the table of running calls: it survives the end of the process.
    #[default]
    Slot,
    /// Given to the system: the same, also without that table.
    Written,
    /// On the disk: it survives a power cut.
    Durable,
}

/// How money of calls is kept safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSettings {
    /// How safe a charge is before the caller is told of the end.
    pub level: LedgerLevel,
    /// The file of running calls, if it is configured.
    pub slots_file: Option<PathBuf>,
    /// How large one file of the journal is.
    pub segment_bytes: u64,
    /// How much the journal may hold.
    pub journal_bytes_max: u64,
}

impl LedgerLevel {
    /// As it is configured.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::Written => "written",
            Self::Durable => "durable",
        }
    }
}

pub(crate) fn check(section: Option<LedgerSection>) -> LedgerSettings {
    let LedgerSection { level, slots_file, segment_bytes, journal_bytes_max } = section.unwrap_or_default();
    LedgerSettings {
        level: level.unwrap_or_default(),
        slots_file: slots_file.map(PathBuf::from),
        segment_bytes: segment_bytes.unwrap_or(SEGMENT_BYTES_DEFAULT),
        journal_bytes_max: journal_bytes_max.unwrap_or(JOURNAL_BYTES_MAX_DEFAULT),
    }
}
