//! The head of the table's file, a page before the slots: whose table it is. It is for people, and for who looks after a journal
//! that is lost: each slot says by itself which journal it belongs to.
//!
//! Magic (8 bytes), id of the journal (16), length of its place (u32), CRC-32C of the id and the place (u32), the place.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::super::journal::{JournalId, JournalIdentity, checksum};

/// Where slots begin.
pub(crate) const HEAD_BYTES: usize = 4 << 10;
const MAGIC: &[u8; 8] = b"BWSLOTS\0";
const PLACE_AT: usize = 32;

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: JournalId,
    pub(crate) place: String,
}

impl Head {
    /// Of a journal's table. Places that are longer than a path may be are cut.
    pub(crate) fn of(journal: &JournalIdentity) -> Self {
        let mut place = journal.place().to_owned();
        while place.len() > HEAD_BYTES - PLACE_AT {
            place.pop();
        }
        Self { id: journal.id(), place }
    }

    /// As it is written.
    pub(crate) fn bytes(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        let place = self.place.as_bytes();
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..24].copy_from_slice(&self.id.0);
        bytes[24..28].copy_from_slice(&(place.len() as u32).to_le_bytes());
        bytes[28..32].copy_from_slice(&checksum(&[&self.id.0, place]).to_le_bytes());
        bytes[PLACE_AT..PLACE_AT + place.len()].copy_from_slice(place);
        bytes
    }

    /// Of a file; `None` if it has none, as those of older versions.
    pub(crate) fn read(file: &File) -> io::Result<Option<Self>> {
        let mut bytes = [0; HEAD_BYTES];
        match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok(Self::parse(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse(bytes: &[u8; HEAD_BYTES]) -> Option<Self> {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let place = bytes[PLACE_AT..].get(..word(24) as usize)?;
        let is_head = bytes[..8] == *MAGIC && word(28) == checksum(&[&bytes[8..24], place]);
        let id = JournalId(bytes[8..24].try_into().ok()?);
        Some(Self { id, place: std::str::from_utf8(place).ok()?.to_owned() }).filter(|_| is_head)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::journal::JournalId;
    use super::{HEAD_BYTES, Head};

    #[test]
    fn heads_read_back_and_nothing_else_does() {
        let longest = "\u{e9}".repeat((HEAD_BYTES - 32) / 2);
        for place in ["", "/var/lib/bellwether/ledger/node-0 on here", &longest] {
            let head = Head { id: JournalId([3; 16]), place: place.to_owned() };
            let mut bytes = head.bytes();
            assert_eq!(Head::parse(&bytes), Some(head));
            for at in 0..32 + place.len().min(60) {
                bytes[at] ^= 0x80;
                assert_eq!(Head::parse(&bytes), None, "byte {at}");
                bytes[at] ^= 0x80;
            }
        }
        assert_eq!(Head::parse(&[0; HEAD_BYTES]), None);
    }
}
