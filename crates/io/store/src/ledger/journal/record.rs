//! One record of the journal: 32 bytes of head, a body, zeros up to a multiple of eight. And the seal that ends a batch.
//!
//! Head: length of head and body (u32), CRC-32C of all but itself (u32), LSN (u64), time (i64), epoch (u32), kind (u8),
//! three zeros. A seal's body: the hash of the chain up to here (32 bytes), the last record that was on the disk when it
//! was written (u64), how many records it seals (u32).

use aws_lc_rs::digest::{Context, SHA256};
use crc::{CRC_32_ISCSI, Crc, Table};
use domain::Timestamp;
use ledger::{Lsn, Movement};

use super::body;

/// Bytes before a body.
pub(crate) const HEAD_BYTES: usize = 32;
/// Longest record: an entry with all its keys, places and its note is shorter.
pub(crate) const RECORD_BYTES_MAX: usize = 4096;
/// Records begin at multiples of this.
pub(crate) const RECORD_ALIGN: usize = 8;
/// A seal, whole.
pub(crate) const SEAL_BYTES: usize = (HEAD_BYTES + 44).next_multiple_of(RECORD_ALIGN);

const CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// What a batch came to with all that came before it.
pub(crate) type ChainHash = [u8; 32];

/// The end of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) hash: ChainHash,
    pub(crate) durable: Lsn,
    pub(crate) count: u32,
}

/// What a record carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Movement(Movement),
    Seal(Seal),
}

/// A record as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) lsn: Lsn,
    pub(crate) at: Timestamp,
    pub(crate) epoch: u32,
    pub(crate) content: Content,
    /// With its zeros.
    pub(crate) bytes: usize,
}

/// What stands where a record may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Record(Record),
    /// Nothing was written here.
    Nothing,
    /// Something else.
    Bad(&'static str),
}

/// CRC-32C.
pub(crate) fn checksum(parts: &[&[u8]]) -> u32 {
    let mut digest = CRC32C.digest();
    for part in parts {
        digest.update(part);
    }
    digest.finalize()
}

/// The hash of a chain with one more batch: the hash before, the bytes of its records, and its seal's own words.
pub(crate) fn chain(before: &ChainHash, records: &[u8], durable: Lsn, count: u32) -> ChainHash {
    let mut context = Context::new(&SHA256);
    context.update(before);
    context.update(records);
    context.update(&durable.0.to_le_bytes());
    context.update(&count.to_le_bytes());
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Writes a movement's record.
pub(crate) fn write(out: &mut Vec<u8>, lsn: Lsn, at: Timestamp, epoch: u32, movement: &Movement) {
    let start = begin(out, lsn, at, epoch, body::kind(movement));
    body::write(out, movement);
    finish(out, start);
}

/// Writes a seal.
pub(crate) fn write_seal(out: &mut Vec<u8>, lsn: Lsn, at: Timestamp, epoch: u32, seal: &Seal) {
    let start = begin(out, lsn, at, epoch, body::SEAL);
    out.extend_from_slice(&seal.hash);
    out.extend_from_slice(&seal.durable.0.to_le_bytes());
    out.extend_from_slice(&seal.count.to_le_bytes());
    finish(out, start);
}

fn begin(out: &mut Vec<u8>, lsn: Lsn, at: Timestamp, epoch: u32, kind: u8) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&lsn.0.to_le_bytes());
    out.extend_from_slice(&at.unix_ms().to_le_bytes());
    out.extend_from_slice(&epoch.to_le_bytes());
    out.extend_from_slice(&[kind, 0, 0, 0]);
    start
}

fn finish(out: &mut Vec<u8>, start: usize) {
    let length = u32::try_from(out.len() - start).expect("records are short").to_le_bytes();
    let sum = checksum(&[&length, &out[start + 8..]]);
    out[start..start + 4].copy_from_slice(&length);
    out[start + 4..start + 8].copy_from_slice(&sum.to_le_bytes());
    out.resize(start + (out.len() - start).next_multiple_of(RECORD_ALIGN), 0);
}

/// How long the record is whose first bytes these are, with its zeros; `None` if nothing can be told.
pub(crate) fn announced(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    (HEAD_BYTES..=RECORD_BYTES_MAX).contains(&length).then(|| length.next_multiple_of(RECORD_ALIGN))
}

/// Reads the record at the beginning of these bytes.
pub(crate) fn read(bytes: &[u8]) -> Found {
    if bytes.len() < HEAD_BYTES {
        let is_zero = bytes.iter().all(|byte| *byte == 0);
        return if is_zero { Found::Nothing } else { Found::Bad("a record that breaks off") };
    }
    if bytes[..HEAD_BYTES].iter().all(|byte| *byte == 0) {
        return Found::Nothing;
    }
    let Some(padded) = announced(bytes) else { return Found::Bad("a length that no record has") };
    let length = u32::from_le_bytes(four(bytes, 0)) as usize;
    let Some(whole) = bytes.get(..length) else { return Found::Bad("a record that breaks off") };
    if checksum(&[&whole[..4], &whole[8..]]) != u32::from_le_bytes(four(bytes, 4)) {
        return Found::Bad("a wrong checksum");
    }
    let lsn = Lsn(u64::from_le_bytes(eight(bytes, 8)));
    let at = Timestamp(i64::from_le_bytes(eight(bytes, 16)));
    let (epoch, kind) = (u32::from_le_bytes(four(bytes, 24)), bytes[28]);
    let body = &whole[HEAD_BYTES..];
    let content = if kind == body::SEAL {
        read_seal(body).map(Content::Seal)
    } else {
        body::read(kind, body).map(Content::Movement)
    };
    match content {
        Some(content) => Found::Record(Record { lsn, at, epoch, content, bytes: padded }),
        None => Found::Bad("a record of a newer version, or none"),
    }
}

fn read_seal(body: &[u8]) -> Option<Seal> {
    if body.len() != 44 {
        return None;
    }
    let hash = body[..32].try_into().ok()?;
    let durable = Lsn(u64::from_le_bytes(eight(body, 32)));
    Some(Seal { hash, durable, count: u32::from_le_bytes(four(body, 40)) })
}

fn four(bytes: &[u8], at: usize) -> [u8; 4] {
    bytes[at..at + 4].try_into().expect("four bytes")
}

fn eight(bytes: &[u8], at: usize) -> [u8; 8] {
    bytes[at..at + 8].try_into().expect("eight bytes")
}

#[cfg(test)]
mod tests {
    use domain::{CallId, Money, Timestamp};
    use ledger::{Lsn, Movement};

    use super::{Content, Found, SEAL_BYTES, Seal, checksum, read, write, write_seal};

    #[test]
    fn the_checksum_is_crc_32c() {
        // The check value of the catalogue of CRCs (iSCSI).
        assert_eq!(checksum(&[b"1234", b"56789"]), 0xe306_9283);
    }

    #[test]
    fn a_changed_bit_anywhere_is_seen() {
        let movement = Movement::Progress { call: CallId(5), cost: Money::from_nano(7) };
        let mut bytes = Vec::new();
        write(&mut bytes, Lsn(3), Timestamp(9), 2, &movement);
        let Found::Record(record) = read(&bytes) else { panic!("{:?}", read(&bytes)) };
        assert_eq!((record.lsn, record.at, record.epoch), (Lsn(3), Timestamp(9), 2));
        assert_eq!((record.content, record.bytes), (Content::Movement(movement), bytes.len()));
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&bytes), Found::Bad(_)), "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn seals_read_back_and_nothing_is_nothing() {
        let seal = Seal { hash: [7; 32], durable: Lsn(1), count: 3 };
        let mut bytes = Vec::new();
        write_seal(&mut bytes, Lsn(4), Timestamp(0), 1, &seal);
        assert_eq!(bytes.len(), SEAL_BYTES);
        assert!(matches!(read(&bytes), Found::Record(record) if record.content == Content::Seal(seal)));
        assert_eq!(read(&[0; 64]), Found::Nothing);
        assert_eq!(read(&[]), Found::Nothing);
    }
}
