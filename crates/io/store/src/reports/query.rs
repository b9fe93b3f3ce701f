//! What a report is asked for: which calls, by what they are parted, over which stretches of time.

use std::collections::{HashMap, HashSet};

use domain::OrganisationId;

use super::cell::Text;
use super::plan::Minutes;
use crate::requests::StatusWish;

/// Ways by which a report may part calls at once.
pub const REPORT_DIMENSIONS_MAX: usize = 4;

/// What calls can be parted and chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Who pays.
    Organisation,
    /// What for.
    Project,
    /// The key's id.
    Key,
    /// The value of a tag that keys have now.
    Tag,
    /// The model by the name that was asked for.
    Model,
    /// The configured id of who answered.
    Provider,
    /// The model by that provider's name.
    Served,
    /// Where that provider was reached.
    Region,
    /// The status that callers saw.
    Status,
    /// Why it failed, as a code.
    Error,
    /// The service tier.
    Service,
    /// The size of the prompt, as the least number of tokens of its size.
    Prompt,
}

impl Dimension {
    /// All that people may say, in the order in which they are told.
    pub const SAID: [Self; 11] = [
        Self::Model,
        Self::Provider,
        Self::Served,
        Self::Region,
        Self::Organisation,
        Self::Project,
        Self::Key,
        Self::Tag,
        Self::Status,
        Self::Error,
        Self::Service,
    ];

    /// As it is said.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Project => "project",
            Self::Key => "key",
            Self::Tag => "tag",
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Served => "served",
            Self::Region => "region",
            Self::Status => "status",
            Self::Error => "error",
            Self::Service => "service",
            Self::Prompt => "prompt",
        }
    }

    /// Reads what it is said as.
    pub fn parse(name: &str) -> Option<Self> {
        Self::SAID.into_iter().find(|dimension| dimension.name() == name)
    }

    /// The text of a cell that it goes by; `None` where that is no text.
    pub(super) const fn text(self) -> Option<Text> {
        Some(match self {
            Self::Organisation => Text::Organisation,
            Self::Project => Text::Project,
            Self::Key | Self::Tag => Text::Key,
            Self::Model => Text::Model,
            Self::Provider => Text::Provider,
            Self::Served => Text::Served,
            Self::Region => Text::Region,
            Self::Error => Text::Error,
            Self::Service => Text::Service,
            Self::Status | Self::Prompt => return None,
        })
    }
}

/// A report that is wanted; of several wishes all hold.
#[derive(Clone, Debug, Default)]
pub struct ReportQuery {
    /// The stretches of time, one behind the other without gaps; each has rows of its own.
    pub windows: Vec<Minutes>,
    /// Read by the minute; else windows begin and end with quarters of an hour.
    pub is_fine: bool,
    /// What calls are parted by, at most [`REPORT_DIMENSIONS_MAX`].
    pub by: Vec<Dimension>,
    /// Of what is text, what it must be. Tags are looked for by keys.
    pub equal: Vec<(Dimension, String)>,
    /// The status that callers saw.
    pub status: Option<StatusWish>,
    /// Only calls of these keys.
    pub keys: Option<HashSet<String>>,
    /// What each key is told as, where calls are parted by a tag; other keys have none.
    pub tags: HashMap<String, String>,
    /// Whose calls may be seen at all; `None` for all of them.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Whether what accounts paid is to be held against the ledger.
    pub is_reconciled: bool,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] crate::error::StoreError),
    /// Too much would have to be read.
    #[error(
        "so long a time has {mebibytes} MiB of sums, and one report reads {most} MiB at most: ask for less at a time"
    )]
    TooMuch {
        /// How much.
        mebibytes: i64,
        /// How much may be.
        most: i64,
    },
    /// There would be more rows than anybody reads.
    #[error("there are more than {most} rows: part calls by less, or choose fewer of them")]
    TooManyRows {
        /// So many may be.
        most: usize,
    },
    /// Parts were folded again and again while they were read.
    #[error("the sums of calls changed too often while they were read; ask again")]
    Restless,
    /// Whoever added up ended before its time.
    #[error("the report was not finished: the server is stopping, or failed at it; ask again")]
    Unfinished,
}
