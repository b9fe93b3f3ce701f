//! How safe a record is, and what has been reached.

use std::sync::Arc;

use ledger::Lsn;

use super::error::JournalFailure;

/// How safe something must be before somebody is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// In the table of running calls: survives the end of the process, where that table lies in memory that outlives it.
    Slot,
    /// Given to the system: survives the end of the process.
    Written,
    /// On the disk: survives a power cut.
    Durable,
    /// In the database, where that is another machine: survives the loss of this one. Not the journal's to tell.
    Remote,
}

/// How far the journal has come.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    /// The last record that the system has.
    pub written: Lsn,
    /// The last record that the disk has.
    pub durable: Lsn,
    /// Whether no more will come.
    pub is_closed: bool,
    /// Why the process must end, if it must.
    pub failure: Option<Arc<JournalFailure>>,
}

impl Level {
    /// Every level, weakest first, by its name in a configuration.
    pub const ALL: &[(Self, &str)] = &[
        (Self::Slot, "slot"),
        (Self::Written, "written"),
        (Self::Durable, "durable"),
        (Self::Remote, "remote"),
    ];

    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(level, _)| *level)
    }
}

impl Reached {
    /// Whether a record is that safe. What lies in a slot is safe before it is a record.
    pub fn is_safe(&self, lsn: Lsn, level: Level) -> bool {
        match level {
            Level::Slot => true,
            Level::Written => self.written >= lsn,
            Level::Durable => self.durable >= lsn,
            Level::Remote => false,
        }
    }
}
