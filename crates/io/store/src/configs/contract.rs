//! What a database must do for versions of the configuration. Sealing the texts is done before.

use domain::Timestamp;

use crate::keys::{Answer, KeyDigest};

/// Most versions kept; the oldest are dropped.
pub const CONFIG_VERSIONS_MAX: u32 = 100;

/// A version to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConfigVersion {
    /// When it came into force.
    pub taken_at: Timestamp,
    /// What brought it: a start, a change of the file, a command.
    pub reason: String,
    /// The file it stood in.
    pub file: String,
    /// Whether it was in force; false for a text that a revert wrote over before anybody took it.
    pub was_in_force: bool,
    /// Tells whether two texts are the same.
    pub digest: KeyDigest,
    /// The text, sealed.
    pub sealed: Vec<u8>,
}

/// A version that is kept, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigVersion {
    /// Counted from 1; never used twice.
    pub number: i64,
    /// When it came into force.
    pub taken_at: Timestamp,
    /// What brought it.
    pub reason: String,
    /// The file it stood in.
    pub file: String,
    /// Whether it was in force; false for a text that a revert wrote over before anybody took it.
    pub was_in_force: bool,
}

/// The versions in a database. What it has answered to lasts.
pub trait ConfigRecords: Send + Sync {
    /// Keeps a version and drops the oldest beyond [`CONFIG_VERSIONS_MAX`]. One that is the newest already, and was as much
    /// in force, is not kept again: its number is returned.
    fn keep<'a>(&'a self, version: &'a NewConfigVersion) -> Answer<'a, i64>;

    /// All versions, the newest first.
    fn list(&self) -> Answer<'_, Vec<ConfigVersion>>;

    /// The sealed text of a version, if it is kept.
    fn sealed(&self, number: i64) -> Answer<'_, Option<Vec<u8>>>;
}
