//! What a start finds: every file is read to its end, or to where it was torn, and the index made of it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use domain::{Step, Timestamp};

use super::index::Heard;
use super::mark::{Mark, What};
use super::record::{BEFORE_ANSWER, Found};
use super::segment::{Segment, SegmentFile, end_of};
use super::segments::AnswerPlace;
use super::shelved::Shelved;
use crate::seal::Seal;

/// What a start has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reopened {
    /// Keys that are known.
    pub keys: u64,
    /// Files that end in the middle of a record, as a crash leaves them.
    pub torn: u32,
    /// Files that cannot be read: damaged, or sealed under another master key. What they kept is forgotten.
    pub unreadable: u32,
}

/// Reads all files, and gives the number of the next one.
pub(super) fn reopen(
    folder: &Path,
    seal: &Seal,
    shelved: &Shelved,
    since: Timestamp,
) -> io::Result<(Reopened, u32)> {
    let mut reopened = Reopened::default();
    let mut next_number = 1;
    for named in SegmentFile::all(folder)? {
        next_number = next_number.max(named.number + 1);
        if end_of(named.hour) <= since {
            std::fs::remove_file(&named.path)?;
            continue;
        }
        let Some(segment) = Segment::open(named, seal)? else {
            // It stays until it is too old: perhaps it is the master key that is wrong.
            reopened.unreadable += 1;
            continue;
        };
        let length = segment.file.metadata()?.len();
        reopened.torn += u32::from(!read(&segment, length, shelved)?);
        shelved.segments.add(Arc::new(segment), length);
    }
    shelved.index.end_all();
    reopened.keys = shelved.index.keys();
    Ok((reopened, next_number))
}

/// Reads the records of a file; false if it ends within one.
fn read(segment: &Segment, length: u64, shelved: &Shelved) -> io::Result<bool> {
    let mut offset = segment.start;
    loop {
        match segment.seal.found(&segment.file, offset, length)? {
            Found::Record(mark, sealed_bytes) => {
                let place = AnswerPlace { segment: segment.named.number, offset, sealed_bytes };
                take(&mark, place, shelved);
                offset += BEFORE_ANSWER + u64::from(sealed_bytes);
            }
            Found::End => return Ok(true),
            Found::Torn => return Ok(false),
        }
    }
}

fn take(mark: &Mark, place: AnswerPlace, shelved: &Shelved) {
    let Mark { what, name, request, at } = *mark;
    let step = match what {
        What::Begun => Step::Begun,
        What::Kept => Step::Kept(place),
        What::TooLarge => Step::TooLarge,
        What::Lost => Step::Lost,
        What::Freed => Step::Freed,
    };
    shelved.index.step(Heard { name, request, at, segment: Some(place.segment) }, step);
}
