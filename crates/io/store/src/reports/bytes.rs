//! Whole numbers as few bytes: seven bits in each, the lowest first, the eighth says that more follow.

/// Adds a number.
pub(super) fn put(out: &mut Vec<u8>, number: u64) {
    put_wide(out, number.into());
}

/// The same of sums of money.
pub(super) fn put_wide(out: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A number that may be negative: near nothing is short either way.
pub(super) fn put_signed(out: &mut Vec<u8>, number: i128) {
    put_wide(out, (number.cast_unsigned() << 1) ^ (number >> 127).cast_unsigned());
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_at_end(self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        // Nearly all are less than 128.
        let (first, rest) = self.0.split_first()?;
        if *first < 0x80 {
            self.0 = rest;
            return Some((*first).into());
        }
        u64::try_from(self.wide()?).ok()
    }

    pub(super) fn wide(&mut self) -> Option<u128> {
        let (mut number, mut shift) = (0_u128, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            if shift > 126 || (shift == 126 && *byte > 3) {
                return None;
            }
            number |= u128::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    pub(super) fn signed(&mut self) -> Option<i128> {
        let wide = self.wide()?;
        Some((wide >> 1).cast_signed() ^ -(wide & 1).cast_signed())
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, put_signed, put_wide};

    #[test]
    fn numbers_of_every_size_come_back() {
        for number in (0..128).map(|shift| 1_u128 << shift).chain([0, 127, 128, 300, u128::MAX]) {
            for number in [number, number - number.min(1)] {
                let mut written = Vec::new();
                put_wide(&mut written, number);
                let mut bytes = Bytes::of(&written);
                assert_eq!((bytes.wide(), bytes.is_at_end()), (Some(number), true));
                assert_eq!(Bytes::of(&written).number(), u64::try_from(number).ok());
                assert_eq!(Bytes::of(&written[..written.len() - 1]).wide(), None);
            }
        }
        for number in [0, 1, -1, 63, -64, i128::MAX, i128::MIN, -123_456_789_012_345] {
            let mut written = Vec::new();
            put_signed(&mut written, number);
            assert_eq!(Bytes::of(&written).signed(), Some(number));
        }
        assert_eq!(Bytes::of(&[0xff; 30]).wide(), None);
    }
}
