//! How numbers and texts become bytes. Written out by hand because `write!` costs several times as much per field.

use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// What stands after the backslash for each byte that JSON cannot hold as it is; 0 where it can.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[b'\n' as usize] = b'n';
    escapes[b'\r' as usize] = b'r';
    escapes[b'\t' as usize] = b't';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// The longest start of `text` of at most so many bytes that ends between characters.
pub(crate) fn bounded(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max { text } else { &text[..text.floor_char_boundary(bytes_max)] }
}

/// A number in decimal.
#[inline]
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    const DIGITS_MAX: usize = 20;
    let mut digits = [0; DIGITS_MAX];
    let (mut at, mut rest) = (DIGITS_MAX, number);
    while rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest > 0 || number == 0 {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

/// A duration in milliseconds, to the microsecond: `812.345`.
#[inline]
pub(crate) fn push_ms(out: &mut Vec<u8>, duration: Duration) {
    let us = micros(duration);
    push_number(out, us / 1000);
    let part = (us % 1000) as usize;
    let [tens, units] = PAIRS[part % 100];
    out.extend_from_slice(&[b'.', b'0' + (part / 100) as u8, tens, units]);
}

/// A duration as people read it: `812 ms`, `0.12 ms`.
pub(crate) fn push_ms_short(out: &mut Vec<u8>, duration: Duration) {
    const WHOLE_FROM_US: u64 = 10_000;
    let us = micros(duration);
    if us >= WHOLE_FROM_US {
        push_number(out, us.saturating_add(500) / 1000);
    } else {
        let hundredths = (us + 5) / 10;
        push_number(out, hundredths / 100);
        out.push(b'.');
        out.extend_from_slice(&PAIRS[(hundredths % 100) as usize]);
    }
    out.extend_from_slice(b" ms");
}

fn micros(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(duration.subsec_micros()))
}

/// A text as it may stand between the quotes of JSON.
#[inline]
pub(crate) fn push_json(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    if is_plain(rest) {
        out.extend_from_slice(rest);
        return;
    }
    while let Some(at) = rest.iter().position(|byte| ESCAPES[usize::from(*byte)] != 0) {
        out.extend_from_slice(&rest[..at]);
        push_escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Whether nothing needs a backslash, as nearly always. Looks at every byte without stopping: so many are looked at at once.
fn is_plain(bytes: &[u8]) -> bool {
    !bytes.iter().fold(false, |found, byte| found | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\'))
}

#[cold]
fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match ESCAPES[usize::from(byte)] {
        b'u' => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        letter => out.extend_from_slice(&[b'\\', letter]),
    }
}

/// A text for a terminal: nothing in it can move the cursor, change a colour or turn the writing direction.
pub(crate) fn push_plain(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for character in text.chars() {
        let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns {
            out.extend(character.escape_default().map(|ascii| ascii as u8));
        } else {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// An address; IPv4 within IPv6 is shown as IPv4.
#[inline]
pub(crate) fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, others @ ..] = address.octets();
            push_number(out, u64::from(first));
            for octet in others {
                out.push(b'.');
                push_number(out, u64::from(octet));
            }
        }
        IpAddr::V6(address) => write!(out, "{address}").expect("a Vec takes all bytes"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{bounded, push_address, push_json, push_ms, push_ms_short, push_number, push_plain};

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        let near_powers = (0..20).flat_map(|power| {
            let ten = 10_u64.pow(power);
            [ten - 1, ten, ten + 1, ten.saturating_mul(5)]
        });
        for number in (0..=1234).chain(near_powers).chain([u64::MAX]) {
            assert_eq!(written(|out| push_number(out, number)), number.to_string());
        }
    }

    #[test]
    fn durations_are_milliseconds() {
        let check = |us, exact: &str, short: &str| {
            let duration = Duration::from_micros(us);
            assert_eq!(written(|out| push_ms(out, duration)), exact);
            assert_eq!(written(|out| push_ms_short(out, duration)), short);
        };
        check(0, "0.000", "0.00 ms");
        check(120, "0.120", "0.12 ms");
        check(9_996, "9.996", "10.00 ms");
        check(10_000, "10.000", "10 ms");
        check(812_345, "812.345", "812 ms");
        check(61_000_999, "61000.999", "61001 ms");
        assert_eq!(written(|out| push_ms(out, Duration::MAX)), "18446744073709551.615");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(
            (bounded("abc", 3), bounded("abcd", 3), bounded("aé", 2), bounded("é", 1)),
            ("abc", "abc", "a", "")
        );
    }

    #[test]
    fn json_escapes_are_those_of_the_standard() {
        let all: String = (0..0x100_u32).filter_map(char::from_u32).chain("\u{2028}😀".chars()).collect();
        let text = written(|out| push_json(out, &all));
        assert_eq!(serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap(), all);
        for alone in all.chars().map(|character| format!("a name of many letters {character} and more")) {
            let text = written(|out| push_json(out, &alone));
            assert_eq!(serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap(), alone);
        }
    }

    #[test]
    fn a_terminal_is_left_in_peace() {
        let text = written(|out| push_plain(out, "é\u{1b}[31m\r\n\u{9b}\u{202e}x"));
        assert_eq!(text, r"é\u{1b}[31m\r\n\u{9b}\u{202e}x");
    }

    #[test]
    fn addresses_are_shown_in_their_shortest_form() {
        let check = |address: &str, shown: &str| {
            assert_eq!(written(|out| push_address(out, address.parse().unwrap())), shown);
        };
        check("10.0.255.1", "10.0.255.1");
        check("::ffff:10.0.0.1", "10.0.0.1");
        check("2001:db8::1", "2001:db8::1");
    }
}
