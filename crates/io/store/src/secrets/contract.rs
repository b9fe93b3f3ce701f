//! What a database must do for secrets. Sealing them, and what an operator typed, is done and checked before.

use domain::Timestamp;

use crate::audit::NewAuditEntry;
use crate::keys::Answer;
use crate::seal::Seal;

/// A secret as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// What the configuration calls it.
    pub name: String,
    /// The secret itself, sealed for its name.
    pub sealed: Vec<u8>,
    /// What people tell it by.
    pub hint: String,
    /// How often it was set.
    pub version: i64,
    /// When it was set first.
    pub created_at: Timestamp,
    /// When it was set last.
    pub changed_at: Timestamp,
}

/// What sealing everything anew did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// The generation that seals now.
    pub generation: u32,
    /// How many secrets.
    pub secrets: u64,
    /// How many versions of the configuration.
    pub config_versions: u64,
    /// What could not be opened, and is as it was.
    pub left: u64,
    /// The number of the entry in the audit.
    pub audit: i64,
}

/// The secrets in a database. What it has answered to lasts, and is in the audit.
pub trait SecretRecords: Send + Sync {
    /// All of them, in the order of their names.
    fn secrets(&self) -> Answer<'_, Vec<SealedSecret>>;

    /// Keeps one, in the place of an earlier one of its name. Gives the entry's number.
    fn put<'a>(&'a self, secret: &'a SealedSecret, entry: &'a NewAuditEntry) -> Answer<'a, i64>;

    /// Removes one. Gives the entry's number; `None` if there was none.
    fn remove<'a>(&'a self, name: &'a str, entry: &'a NewAuditEntry) -> Answer<'a, Option<i64>>;

    /// Seals everything that is sealed anew, under the next generation: all of it or nothing.
    fn reseal<'a>(&'a self, seal: &'a Seal, entry: &'a NewAuditEntry) -> Answer<'a, Resealed>;
}
