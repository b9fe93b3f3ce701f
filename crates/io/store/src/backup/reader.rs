//! Reading a backup line by line, with its checksum: whoever has read it to its end knows that it is whole and as it was made.

use std::io::{BufRead, Read};

use serde_json::Value;

use super::error::BackupError;
use super::format::{BACKUP_LINE_BYTES_MAX, Checksum, EndLine, FORM, Header, TableLine};
use crate::database::known_layouts;
use crate::hex::from_hex;
use crate::keys::KeyHasher;

/// A line behind the first.
pub(super) enum Line {
    Table(TableLine),
    Row(Vec<Value>),
    /// The end, and everything before it is as it was written.
    End,
}

/// A backup that is being read.
pub(super) struct Reader {
    lines: Box<dyn BufRead>,
    checksum: Checksum,
    number: u64,
    rows: u64,
    pub(super) header: Header,
}

impl Reader {
    /// Reads the first line, and whether this version and this master key can do anything with the rest.
    pub(super) fn open(lines: Box<dyn BufRead>, hasher: &KeyHasher) -> Result<Self, BackupError> {
        let header = Header {
            bellwether_backup: 0,
            version: String::new(),
            created_at_ms: 0,
            database: String::new(),
            layouts: Vec::new(),
            key_check: String::new(),
        };
        let mut reader = Self { lines, checksum: Checksum::new(hasher), number: 0, rows: 0, header };
        let first = reader.line().map_err(|error| match error {
            BackupError::CutOff(_) | BackupError::Damaged { .. } => BackupError::NoBackup,
            other => other,
        })?;
        // What is added to a later form must not keep this version from saying that it is a later one.
        let told: Value = serde_json::from_slice(&first).map_err(|_| BackupError::NoBackup)?;
        let form = told["bellwether_backup"].as_u64().ok_or(BackupError::NoBackup)?;
        let known = known_layouts();
        let newest = known.last().copied().unwrap_or_default();
        let found = told["layouts"].as_array().and_then(|all| all.last()?.as_i64()).unwrap_or_default();
        if form != u64::from(FORM) || found > newest {
            let version = told["version"].as_str().unwrap_or("unknown").to_owned();
            return Err(BackupError::Newer { version, found, known: newest });
        }
        reader.header = serde_json::from_slice(&first).map_err(|error| reader.damaged(error.to_string()))?;
        let until: Vec<i64> = known.into_iter().filter(|number| *number <= found).collect();
        if reader.header.layouts != until {
            return Err(reader.damaged("its layouts are none of any version".to_owned()));
        }
        if from_hex(&reader.header.key_check).is_none_or(|check| check != hasher.key_check().0) {
            return Err(BackupError::OtherMasterKey);
        }
        reader.checksum.take(&first);
        Ok(reader)
    }

    /// The next line.
    pub(super) fn next(&mut self) -> Result<Line, BackupError> {
        let line = self.line()?;
        let line_of = |error: serde_json::Error| self.damaged(error.to_string());
        if line.starts_with(b"[") {
            let row = serde_json::from_slice(&line).map_err(line_of)?;
            self.rows += 1;
            self.checksum.take(&line);
            return Ok(Line::Row(row));
        }
        if line.starts_with(br#"{"table""#) {
            let table = serde_json::from_slice(&line).map_err(line_of)?;
            self.checksum.take(&line);
            return Ok(Line::Table(table));
        }
        let end: EndLine = serde_json::from_slice(&line).map_err(line_of)?;
        if end != self.checksum.end(self.rows) {
            return Err(BackupError::Changed);
        }
        match self.line() {
            Err(BackupError::CutOff(_)) => Ok(Line::End),
            Err(other) => Err(other),
            Ok(_) => Err(self.damaged("something stands behind the end".to_owned())),
        }
    }

    pub(super) fn damaged(&self, why: String) -> BackupError {
        BackupError::Damaged { line: self.number, why }
    }

    fn line(&mut self) -> Result<Vec<u8>, BackupError> {
        let mut line = Vec::new();
        let limit = BACKUP_LINE_BYTES_MAX as u64 + 1;
        (&mut self.lines)
            .take(limit)
            .read_until(b'\n', &mut line)
            .map_err(BackupError::file("read the backup"))?;
        if line.is_empty() {
            return Err(BackupError::CutOff(self.number));
        }
        self.number += 1;
        if line.last() == Some(&b'\n') {
            return Ok(line);
        }
        Err(if line.len() > BACKUP_LINE_BYTES_MAX {
            self.damaged("it is longer than any line of a backup".to_owned())
        } else {
            BackupError::CutOff(self.number - 1)
        })
    }
}
