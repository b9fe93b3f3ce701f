//! The written form of a caller's key: prefix, random part, checksum. Hashing and look-up are the store's.
//!
//! Our keys are a prefix and 40 characters of `[A-Za-z0-9]`: 34 random ones (202 bits) and six that check them.
//! The checksum never decides anything: look-up does. It only words the answer to a key that was not found.

/// Prefix of new keys unless configured.
pub const KEY_PREFIX_DEFAULT: &str = "bw_";
/// Shortest key we take verbatim.
pub const KEY_BYTES_MIN: usize = 16;
/// Longest key we take verbatim.
pub const KEY_BYTES_MAX: usize = 256;

const RANDOM_LENGTH: usize = 34;
const CHECK_LENGTH: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Writes a new key. `entropy` must come from the system's generator; `None` if it ran out (it holds four times what is needed on average).
pub fn key_from_entropy(prefix: &str, entropy: &[u8; 128]) -> Option<String> {
    // 248 is the largest multiple of 62 in a byte: higher bytes are skipped, so each character is equally likely.
    let mut characters =
        entropy.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
    let mut key = String::with_capacity(prefix.len() + RANDOM_LENGTH + CHECK_LENGTH);
    key.push_str(prefix);
    for _ in 0..RANDOM_LENGTH {
        key.push(characters.next()?);
    }
    let check = checksum(key.as_bytes());
    key.push_str(std::str::from_utf8(&check).expect("the alphabet is ASCII"));
    Some(key)
}

/// Whether a text can be a key at all: 16–256 visible ASCII characters.
pub fn is_key_text(text: &str) -> bool {
    (KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether the last six characters check the rest.
pub fn checksum_holds(key: &str) -> bool {
    key.len()
        .checked_sub(CHECK_LENGTH)
        .and_then(|at| key.split_at_checked(at))
        .is_some_and(|(body, check)| checksum(body.as_bytes()) == check.as_bytes())
}

/// What is probably wrong with a key that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFlaw {
    /// Nothing was sent.
    Missing,
    /// A character that no key has, such as a space or a quote from a careless paste.
    StrayCharacter,
    /// Starts like one of ours but does not check: cut off, or a character changed.
    Damaged,
    /// Looks like a key of the named provider.
    ForeignProvider(&'static str),
    /// Well formed, but not known here.
    Unknown,
}

/// Words the refusal of a key that look-up did not find. `prefix` is the configured one; `lookalikes` are how other
/// providers' keys begin, with whose they are, the first that fits counting.
pub fn why_unknown(sent: &str, prefix: &str, lookalikes: &[(&str, &'static str)]) -> KeyFlaw {
    if sent.is_empty() {
        return KeyFlaw::Missing;
    }
    if !sent.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>'))
    {
        return KeyFlaw::StrayCharacter;
    }
    if sent.starts_with(prefix) {
        let is_whole = sent.len() == prefix.len() + RANDOM_LENGTH + CHECK_LENGTH && checksum_holds(sent);
        return if is_whole { KeyFlaw::Unknown } else { KeyFlaw::Damaged };
    }
    let foreign = lookalikes.iter().find(|(start, _)| sent.starts_with(start));
    foreign.map_or(KeyFlaw::Unknown, |(_, provider)| KeyFlaw::ForeignProvider(provider))
}

/// CRC-32 (IEEE) written as six base-62 digits.
fn checksum(body: &[u8]) -> [u8; CHECK_LENGTH] {
    let mut crc = u32::MAX;
    for byte in body {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let mut rest = !crc as usize;
    let mut digits = [b'0'; CHECK_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[rest % 62];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::{KeyFlaw, checksum, checksum_holds, is_key_text, key_from_entropy, why_unknown};

    fn example() -> String {
        let entropy = std::array::from_fn(|index| (index * 37 % 256) as u8);
        key_from_entropy("bw_", &entropy).unwrap()
    }

    #[test]
    fn a_key_checks_and_fits_the_usual_patterns() {
        let key = example();
        assert_eq!(key.len(), 43);
        assert!(is_key_text(&key) && checksum_holds(&key));
        assert!(key["bw_".len()..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn the_checksum_is_the_standard_crc() {
        // The check value of CRC-32/ISO-HDLC is 0xcbf43926.
        let mut value = 0_u64;
        for digit in checksum(b"123456789") {
            let place = super::ALPHABET.iter().position(|byte| *byte == digit).unwrap();
            value = value * 62 + place as u64;
        }
        assert_eq!(value, 0xcbf4_3926);
    }

    #[test]
    fn too_little_entropy_makes_no_key() {
        assert_eq!(key_from_entropy("bw_", &[255; 128]), None);
    }

    #[test]
    fn a_wrong_key_is_told_what_is_wrong() {
        let key = example();
        let lookalikes = [("xk-long-", "the one"), ("xk-", "the other")];
        let check = |sent: &str, flaw| assert_eq!(why_unknown(sent, "bw_", &lookalikes), flaw, "{sent}");
        check("", KeyFlaw::Missing);
        check(&key, KeyFlaw::Unknown);
        check(&key[..30], KeyFlaw::Damaged);
        check(&key.replace('0', "1"), KeyFlaw::Damaged);
        check("\"bw_abc\"", KeyFlaw::StrayCharacter);
        check("xk-long-xyz", KeyFlaw::ForeignProvider("the one"));
        check("xk-xyz", KeyFlaw::ForeignProvider("the other"));
        check("something-else-entirely", KeyFlaw::Unknown);
    }
}
