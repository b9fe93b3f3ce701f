//! Bytes as letters, and back.

/// In small letters.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four: u8| char::from(DIGITS[usize::from(four)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What such letters say, in any case; `None` if they are no whole bytes.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(byte).collect()
}

/// The same of what has thirty-two bytes, as hashes and digests have, without memory of its own.
pub(crate) fn thirty_two_from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (place, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *place = byte(pair)?;
    }
    Some(bytes)
}

fn byte(pair: &[u8]) -> Option<u8> {
    let digit = |letter: u8| char::from(letter).to_digit(16);
    u8::try_from((digit(pair[0])? << 4) | digit(pair[1])?).ok()
}

#[cfg(test)]
mod tests {
    use super::{from_hex, hex, thirty_two_from_hex};

    #[test]
    fn bytes_are_written_and_read() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hex(&hex(&all)), Some(all));
        assert_eq!(from_hex("A5"), Some(vec![0xa5]));
        assert_eq!(thirty_two_from_hex(&hex(&[0xa5; 32])), Some([0xa5; 32]));
    }

    #[test]
    fn what_is_no_whole_bytes_is_refused() {
        for text in ["a", "0g", "+f", "é", " 0"] {
            assert_eq!(from_hex(text), None, "{text}");
        }
        let bytes = [0xa5; 32];
        for text in
            [&hex(&bytes)[2..], &format!("{}00", hex(&bytes)), &hex(&bytes).replacen("a5", "+5", 1), ""]
        {
            assert_eq!(thirty_two_from_hex(text), None, "{text}");
        }
    }
}
