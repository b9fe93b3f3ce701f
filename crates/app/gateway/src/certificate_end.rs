//! When a certificate ends, as it says itself (RFC 5280, 4.1.2.5). All else of it is for the TLS library to judge.

use domain::Timestamp;

const SEQUENCE: u8 = 0x30;
/// The version stands before all else, in most certificates.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// Serial number, algorithm and issuer stand before the validity.
const BEFORE_VALIDITY: usize = 3;

/// One element of DER.
struct Element<'d> {
    tag: u8,
    content: &'d [u8],
    rest: &'d [u8],
}

/// The end of a certificate in DER; nothing where it cannot be read.
pub(crate) fn ends_at(der: &[u8]) -> Option<Timestamp> {
    let to_be_signed = inside(inside(der)?)?;
    let first = element(to_be_signed)?;
    let mut rest = if first.tag == VERSION { first.rest } else { to_be_signed };
    for _ in 0..BEFORE_VALIDITY {
        rest = element(rest)?.rest;
    }
    let begin = element(inside(rest)?)?;
    moment(&element(begin.rest)?)
}

fn inside(der: &[u8]) -> Option<&[u8]> {
    element(der).filter(|found| found.tag == SEQUENCE).map(|found| found.content)
}

fn element(der: &[u8]) -> Option<Element<'_>> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Element { tag: *tag, content, rest })
}

/// `YYMMDDHHMMSSZ`, of the years from 1950 to 2049, or the same with four digits of the year.
fn moment(time: &Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(time.content).ok().filter(|text| text.is_ascii())?;
    let (century, text) = match time.tag {
        UTC_TIME => (if text >= "50" { "19" } else { "20" }, text),
        GENERALIZED_TIME => text.split_at_checked(2)?,
        _ => return None,
    };
    if text.len() != "YYMMDDHHMMSSZ".len() {
        return None;
    }
    let part = |at: usize| &text[at..at + 2];
    Timestamp::parse(&format!(
        "{century}{}-{}-{}T{}:{}:{}Z",
        part(0),
        part(2),
        part(4),
        part(6),
        part(8),
        part(10)
    ))
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{GENERALIZED_TIME, UTC_TIME, ends_at};

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut element = vec![tag];
        match u8::try_from(length) {
            Ok(short @ 0..=0x7f) => element.push(short),
            Ok(long) => element.extend([0x81, long]),
            Err(_) => element.extend([0x82, (length >> 8) as u8, length as u8]),
        }
        element.extend_from_slice(content);
        element
    }

    /// As far as its end is looked for; the rest is left out, or says nothing.
    fn certificate(has_version: bool, end: &[u8]) -> Vec<u8> {
        let version = if has_version { der(0xa0, &der(2, &[2])) } else { Vec::new() };
        let begin = der(UTC_TIME, b"200101000000Z");
        let parts = [
            version,
            der(2, &[7; 16]),
            der(0x30, &[]),
            der(0x30, &[0x31; 300]),
            der(0x30, &[begin.as_slice(), end].concat()),
            der(0x30, &[1, 2, 3]),
        ];
        der(0x30, &[der(0x30, &parts.concat()), der(3, &[0])].concat())
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let check = |tag, text: &str, expected: &str| {
            for has_version in [true, false] {
                let found = ends_at(&certificate(has_version, &der(tag, text.as_bytes())));
                assert_eq!(found, Some(Timestamp::parse(expected).unwrap()), "{text}");
            }
        };
        check(UTC_TIME, "270131235959Z", "2027-01-31T23:59:59Z");
        check(UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z");
        check(UTC_TIME, "491231000000Z", "2049-12-31T00:00:00Z");
        check(GENERALIZED_TIME, "20500101000000Z", "2050-01-01T00:00:00Z");
        check(GENERALIZED_TIME, "99991231235959Z", "9999-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_cut_off_or_no_time_says_nothing() {
        let whole = certificate(true, &der(UTC_TIME, b"270131235959Z"));
        for length in 0..whole.len() {
            assert_eq!(ends_at(&whole[..length]), None);
        }
        for (tag, text) in [
            (UTC_TIME, "2701312359Z"),
            (UTC_TIME, "27013123595\u{e9}"),
            (UTC_TIME, "279931235959Z"),
            (GENERALIZED_TIME, "2"),
            (4, "270131235959Z"),
        ] {
            assert_eq!(ends_at(&certificate(true, &der(tag, text.as_bytes()))), None, "{text}");
        }
    }
}
