//! What a record says of a key, without the answer. Always as long, so that nothing is learnt from its length.
//!
//! What happened (u8), name (32), what was asked (32), when (i64).

use domain::{RequestDigest, Timestamp};

use super::digests::KeyName;

/// A mark, as it is sealed.
pub(super) const MARK_BYTES: usize = 1 + 32 + 32 + 8;

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Begun = 1,
    Kept = 2,
    TooLarge = 3,
    Lost = 4,
    Freed = 5,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) what: What,
    pub(super) name: KeyName,
    pub(super) request: RequestDigest,
    pub(super) at: Timestamp,
}

impl Mark {
    pub(super) fn bytes(&self) -> [u8; MARK_BYTES] {
        let mut bytes = [0; MARK_BYTES];
        bytes[0] = self.what as u8;
        bytes[1..33].copy_from_slice(&self.name.0);
        bytes[33..65].copy_from_slice(&self.request.0);
        bytes[65..].copy_from_slice(&self.at.unix_ms().to_le_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (what, rest) = bytes.split_first()?;
        let what = match what {
            1 => What::Begun,
            2 => What::Kept,
            3 => What::TooLarge,
            4 => What::Lost,
            5 => What::Freed,
            _ => return None,
        };
        let (name, rest) = rest.split_first_chunk::<32>()?;
        let (request, at) = rest.split_first_chunk::<32>()?;
        Some(Self {
            what,
            name: KeyName(*name),
            request: RequestDigest(*request),
            at: Timestamp(i64::from_le_bytes(at.try_into().ok()?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::{RequestDigest, Timestamp};

    use super::{KeyName, MARK_BYTES, Mark, What};

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for what in [What::Begun, What::Kept, What::TooLarge, What::Lost, What::Freed] {
            let mark =
                Mark { what, name: KeyName([1; 32]), request: RequestDigest([2; 32]), at: Timestamp(-3) };
            assert_eq!(Mark::read(&mark.bytes()), Some(mark));
            assert_eq!(Mark::read(&mark.bytes()[..MARK_BYTES - 1]), None);
        }
        assert_eq!(Mark::read(&[9; MARK_BYTES]), None);
        assert_eq!(Mark::read(&[]), None);
    }
}
