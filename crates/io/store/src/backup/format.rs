//! The form of a backup: lines of JSON. The first says what it is, then each table with its rows, the last line holds a checksum over
//! all before it, and a mark that only who has the master key can make.

use aws_lc_rs::{digest, hmac};
use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hex::hex;
use crate::keys::KeyHasher;

/// The form that is written; another would have another number.
pub(super) const FORM: u32 = 1;
/// Longest line that is read.
pub const BACKUP_LINE_BYTES_MAX: usize = 64 << 20;
/// What the key of the mark is derived for.
const PURPOSE: &str = "bellwether backup v1";

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) bellwether_backup: u32,
    pub(super) version: String,
    pub(super) created_at_ms: i64,
    /// Of which database: it can be restored into either.
    pub(super) database: String,
    /// The numbers of its layouts.
    pub(super) layouts: Vec<i64>,
    /// Tells whether a master key is the one, as in the database itself.
    pub(super) key_check: String,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CellKind {
    Number,
    Text,
    /// In a backup, hexadecimal digits.
    Bytes,
}

/// Before the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableLine {
    pub(super) table: String,
    pub(super) columns: Vec<(String, CellKind)>,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EndLine {
    pub(super) rows: u64,
    pub(super) sha256: String,
    pub(super) mark: String,
}

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// The version that made it.
    pub version: String,
    /// When.
    pub created_at: Timestamp,
    /// Its newest layout.
    pub layout: i64,
    /// Of which database.
    pub database: String,
    /// Tables with their rows, in the order of the file.
    pub tables: Vec<(String, u64)>,
}

/// How far it is: a table, and how many of its rows.
pub type Progress<'a> = &'a mut dyn FnMut(&str, u64);

impl Header {
    /// Its newest layout.
    pub(super) fn layout(&self) -> i64 {
        self.layouts.last().copied().unwrap_or_default()
    }

    pub(super) fn report(&self, tables: Vec<(String, u64)>) -> BackupReport {
        BackupReport {
            version: self.version.clone(),
            created_at: Timestamp(self.created_at_ms),
            layout: self.layout(),
            database: self.database.clone(),
            tables,
        }
    }
}

impl BackupReport {
    /// All rows.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// A checksum over lines as they pass.
pub(super) struct Checksum {
    context: digest::Context,
    key: hmac::Key,
}

impl Checksum {
    pub(super) fn new(hasher: &KeyHasher) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &hasher.derived(PURPOSE));
        Self { context: digest::Context::new(&digest::SHA256), key }
    }

    pub(super) fn take(&mut self, line: &[u8]) {
        self.context.update(line);
    }

    /// The end of what was taken.
    pub(super) fn end(&self, rows: u64) -> EndLine {
        let sha256 = self.context.clone().finish();
        let mark = hmac::sign(&self.key, sha256.as_ref());
        EndLine { rows, sha256: hex(sha256.as_ref()), mark: hex(mark.as_ref()) }
    }
}
