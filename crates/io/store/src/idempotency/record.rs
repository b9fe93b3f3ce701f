//! One record of a file: a sealed mark and, where there is one, a sealed answer behind it.
//!
//! Head: length of the sealed mark (u32), length of the sealed answer (u32), CRC-32C of both and of the sealed mark (u32). A
//! start reads heads and marks only; a sealed answer proves itself when it is opened.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use crc::{CRC_32_ISCSI, Crc, Table};

use super::mark::{MARK_BYTES, Mark};
use super::sizes::ANSWER_BYTES_MAX;

/// Bytes that sealing adds.
const TAG_BYTES: usize = 16;
const HEAD_BYTES: usize = 12;
const SEALED_MARK_BYTES: usize = MARK_BYTES + TAG_BYTES;
/// Headers of an answer, at most.
pub(super) const ANSWER_HEAD_BYTES_MAX: usize = 64 << 10;
const SEALED_ANSWER_BYTES_MAX: usize = ANSWER_HEAD_BYTES_MAX + ANSWER_BYTES_MAX + TAG_BYTES;
/// Bytes before the answer of a record.
pub(super) const BEFORE_ANSWER: u64 = (HEAD_BYTES + SEALED_MARK_BYTES) as u64;

const CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// Seals the records of one file, each under a nonce of its place, which no other ever has. A file has a key of its own.
pub(super) struct RecordSeal(LessSafeKey);

impl std::fmt::Debug for RecordSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordSeal(…)")
    }
}

/// A record, as it is written.
pub(super) struct Record {
    pub(super) bytes: Vec<u8>,
    pub(super) sealed_answer_bytes: u32,
}

/// Which part of a record it is.
#[derive(Clone, Copy)]
enum Part {
    Mark = 1,
    Answer = 2,
}

/// What stands at a place of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record: what it says, and how long its sealed answer is.
    Record(Mark, u32),
    /// The file ends there.
    End,
    /// Something that is no record, or not all of one.
    Torn,
}

impl RecordSeal {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes a key of 32 bytes")))
    }

    /// The record at a place, whole.
    pub(super) fn record(&self, place: u64, mark: &Mark, answer: Option<Vec<u8>>) -> Record {
        let mark = self.seal(Part::Mark, place, mark.bytes().to_vec());
        let answer = answer.map(|answer| self.seal(Part::Answer, place, answer)).unwrap_or_default();
        let lengths = [(mark.len() as u32).to_le_bytes(), (answer.len() as u32).to_le_bytes()].concat();
        let mut bytes = Vec::with_capacity(HEAD_BYTES + mark.len() + answer.len());
        bytes.extend_from_slice(&lengths);
        bytes.extend_from_slice(&checksum(&lengths, &mark).to_le_bytes());
        bytes.extend_from_slice(&mark);
        bytes.extend_from_slice(&answer);
        Record { bytes, sealed_answer_bytes: answer.len() as u32 }
    }

    /// What stands at a place of a file of that length.
    pub(super) fn found(&self, file: &File, place: u64, length: u64) -> io::Result<Found> {
        if place == length {
            return Ok(Found::End);
        }
        if length - place < BEFORE_ANSWER {
            return Ok(Found::Torn);
        }
        let mut bytes = [0; HEAD_BYTES + SEALED_MARK_BYTES];
        file.read_exact_at(&mut bytes, place)?;
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let (mark_bytes, answer_bytes, sealed) = (word(0), word(4), &bytes[HEAD_BYTES..]);
        let is_record = mark_bytes as usize == SEALED_MARK_BYTES
            && answer_bytes as usize <= SEALED_ANSWER_BYTES_MAX
            && u64::from(answer_bytes) <= length - place - BEFORE_ANSWER
            && word(8) == checksum(&bytes[..8], sealed);
        let opened = is_record.then(|| self.open(Part::Mark, place, sealed.to_vec())).flatten();
        let mark = opened.and_then(|mark| Mark::read(&mark));
        Ok(mark.map_or(Found::Torn, |mark| Found::Record(mark, answer_bytes)))
    }

    /// The answer of the record at a place; `None` if it is damaged.
    pub(super) fn answer(&self, file: &File, place: u64, answer_bytes: u32) -> io::Result<Option<Vec<u8>>> {
        let mut sealed = vec![0; answer_bytes as usize];
        file.read_exact_at(&mut sealed, place + BEFORE_ANSWER)?;
        Ok(self.open(Part::Answer, place, sealed))
    }

    fn seal(&self, part: Part, place: u64, mut bytes: Vec<u8>) -> Vec<u8> {
        self.0
            .seal_in_place_append_tag(nonce(part, place), Aad::empty(), &mut bytes)
            .expect("what fits in memory is far below the bound of AES-GCM");
        bytes
    }

    fn open(&self, part: Part, place: u64, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let opened = self.0.open_in_place(nonce(part, place), Aad::empty(), &mut sealed).ok()?.len();
        sealed.truncate(opened);
        Some(sealed)
    }
}

/// Places only grow, and a place that was written to in vain ends its file.
fn nonce(part: Part, place: u64) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[0] = part as u8;
    bytes[4..].copy_from_slice(&place.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

fn checksum(lengths: &[u8], mark: &[u8]) -> u32 {
    let mut digest = CRC32C.digest();
    digest.update(lengths);
    digest.update(mark);
    digest.finalize()
}
