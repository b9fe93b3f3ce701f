//! `log`: the request log and our own messages. Writing them is done elsewhere.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::key_path::KeyPath;
use crate::problem::Report;

/// The request log and our own messages.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogSection {
    /// How a line looks. Default: `pretty` on a terminal, else `json`.
    format: Option<LogFormat>,
    /// File that lines are appended to. Default: standard error.
    file: Option<String>,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object.
    Json,
    /// Columns for people.
    Pretty,
}

/// Where lines go, and how they look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// `None`: pretty on a terminal, else JSON.
    pub format: Option<LogFormat>,
    /// `None`: standard error.
    pub file: Option<PathBuf>,
}

pub(crate) fn check(section: Option<LogSection>, report: &mut Report) -> Log {
    let LogSection { format, file } = section.unwrap_or_default();
    if file.as_deref() == Some("") {
        let hint = "leave it out to write to standard error".to_owned();
        report.add(&KeyPath::default().key("log").key("file"), "nothing", "names no file", hint);
    }
    Log { format, file: file.map(PathBuf::from) }
}
