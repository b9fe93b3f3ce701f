//! `ledger`: how money of calls is kept safe. Keeping it is done elsewhere.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::sources::Sources;

/// How much of the journal is one file, unless configured.
const SEGMENT_BYTES_DEFAULT: u64 = 64 << 20;
/// How much the journal may hold, unless configured.
const JOURNAL_BYTES_MAX_DEFAULT: u64 = 16 << 30;
/// How long an end waits for the database, unless configured.
const REMOTE_WAIT_MS_DEFAULT: u64 = 2_000;
/// What says that the database is a server, which may be another machine.
const DATABASE_URL: [&str; 2] = ["BELLWETHER_DATABASE_URL", "BELLWETHER_DATABASE_URL_FILE"];

/// The ledger of accounts. There is none before the first account is made.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LedgerSection {
    /// How safe a charge is before the caller gets the end of the answer; default `slot`: it survives the end of the process.
    level: Option<LedgerLevel>,
    /// At the level `remote`: how long the end of an answer waits for the database, before it is told as with `durable`; default 2000.
    #[schemars(range(min = 1, max = 60_000))]
    remote_wait_ms: Option<u64>,
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
    /// In the database as well, where that is a PostgreSQL server: it survives the loss of this machine.
    Remote,
}

/// How money of calls is kept safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSettings {
    /// How safe a charge is before the caller is told of the end.
    pub level: LedgerLevel,
    /// How long an end waits for the database, where the level is `remote`.
    pub remote_wait: Duration,
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
            Self::Remote => "remote",
        }
    }
}

pub(crate) fn check(
    section: Option<LedgerSection>,
    sources: &Sources<'_>,
    report: &mut Report,
) -> LedgerSettings {
    let LedgerSection { level, remote_wait_ms, slots_file, segment_bytes, journal_bytes_max } =
        section.unwrap_or_default();
    if level == Some(LedgerLevel::Remote) && sources.first_variable(&DATABASE_URL).is_none() {
        let message =
            "needs a PostgreSQL server as the database: SQLite is on the disk that the journal is on";
        let hint = "set BELLWETHER_DATABASE_URL, or write level: durable".to_owned();
        report.add(&KeyPath::default().key("ledger").key("level"), "remote", message, hint);
    }
    LedgerSettings {
        level: level.unwrap_or_default(),
        remote_wait: Duration::from_millis(remote_wait_ms.unwrap_or(REMOTE_WAIT_MS_DEFAULT)),
        slots_file: slots_file.map(PathBuf::from),
        segment_bytes: segment_bytes.unwrap_or(SEGMENT_BYTES_DEFAULT),
        journal_bytes_max: journal_bytes_max.unwrap_or(JOURNAL_BYTES_MAX_DEFAULT),
    }
}
