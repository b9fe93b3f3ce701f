//! What a check of the chain finds, in words. How it is checked is not known here.

use std::fmt;

use serde_json::{Value, json};

use super::hash::Hash;
use crate::hex::{hex, thirty_two_from_hex};

/// What came of checking the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditVerdict {
    /// Rows that hold.
    pub rows: u64,
    /// The newest row that holds, with its hash: to be kept where who can write to the database cannot. `None` without any.
    pub newest: Option<KnownRow>,
    /// The first thing that is wrong.
    pub fault: Option<AuditFault>,
}

/// What is wrong with the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// The row of this number was changed.
    Edited(i64),
    /// Another row stands in the place of this one.
    Moved(i64),
    /// These rows, the first and the last, are not there.
    Missing(i64, i64),
    /// The row of this number fits, but was not written by who has the master key.
    Forged(i64),
    /// Rows from this number on are not there any more.
    CutOff(i64),
    /// The row of this number was added past the gateway.
    Added(i64),
    /// Where the chain ends is not known any more.
    Head,
    /// The row of this number is not what it was when its hash was written down.
    OtherThanKnown(i64),
}

/// A row that somebody wrote down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRow {
    pub(crate) number: i64,
    pub(crate) hash: Hash,
}

impl AuditFault {
    /// In one word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Edited(_) => "edited",
            Self::Moved(_) => "order",
            Self::Missing(..) => "missing",
            Self::Forged(_) => "forged",
            Self::CutOff(_) => "cut_off",
            Self::Added(_) => "added",
            Self::Head => "head",
            Self::OtherThanKnown(_) => "other_than_known",
        }
    }

    /// The row where it begins.
    pub const fn number(&self) -> Option<i64> {
        match self {
            Self::Edited(number)
            | Self::Moved(number)
            | Self::Missing(number, _)
            | Self::Forged(number)
            | Self::CutOff(number)
            | Self::Added(number)
            | Self::OtherThanKnown(number) => Some(*number),
            Self::Head => None,
        }
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited(number) => write!(f, "row {number} was edited: its hash is of something else"),
            Self::Moved(number) => write!(f, "another row stands in the place of row {number}: the order was changed"),
            Self::Missing(first, last) if first == last => write!(f, "row {first} is missing"),
            Self::Missing(first, last) => write!(f, "rows {first} to {last} are missing"),
            Self::Forged(number) => {
                write!(f, "row {number} was not written by this gateway: its mark is not of this master key")
            }
            Self::CutOff(number) => write!(f, "the audit was cut off: row {number} and all behind it are missing"),
            Self::Added(number) => write!(f, "row {number} was added past the gateway"),
            Self::Head => f.write_str("the row of audit_head was removed or changed: whether the newest rows are missing cannot be told"),
            Self::OtherThanKnown(number) => {
                write!(f, "row {number} is not the one whose hash was given: the audit was written anew")
            }
        }
    }
}

impl AuditVerdict {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "is_intact": self.fault.is_none(),
            "rows": self.rows,
            "newest": self.newest.as_ref().map(ToString::to_string),
            "fault": self.fault.as_ref().map(|fault| json!({
                "number": fault.number(),
                "flaw": fault.name(),
                "message": fault.to_string(),
            })),
        })
    }
}

impl KnownRow {
    /// Reads what [`fmt::Display`] writes: `17:` and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, hash) = text.trim().split_once(':')?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        Some(Self { number, hash: thirty_two_from_hex(hash)? })
    }
}

impl fmt::Display for KnownRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, hex(&self.hash))
    }
}
