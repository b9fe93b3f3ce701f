//! Calls that came to nothing, by the records that the database has: it does not know them itself, for what costs nothing leaves
//! nothing there. A start asks where a slot says that one of them came to something.

use std::collections::BTreeSet;
use std::path::Path;

use domain::CallId;
use ledger::{Lsn, Movement};

use super::error::JournalError;
use super::reader::{BatchReader, Next};

/// Which of these calls are void by a record up to `applied`, as far as the journal reaches back. It is read from when the first
/// of them was received.
pub(crate) fn voided(
    folder: &Path,
    applied: Lsn,
    calls: &BTreeSet<CallId>,
) -> Result<BTreeSet<CallId>, JournalError> {
    let mut voided = BTreeSet::new();
    let Some(since) = calls.iter().map(|call| call.received_at()).min() else { return Ok(voided) };
    let Some(mut reader) = BatchReader::since(folder, since)? else { return Ok(voided) };
    while reader.next_lsn() <= applied {
        // A start is not refused for what is damaged there: the database has it.
        let Next::Batch(batch) = reader.next()? else { break };
        voided.extend(batch.records.iter().filter_map(|it| match it.movement {
            Movement::Void { call, .. } => Some(call).filter(|call| calls.contains(call)),
            _ => None,
        }));
    }
    Ok(voided)
}
