//! Characters beyond the first plane, escaped as two halves (`\ud83d\ude00`) that a stream cuts apart: each piece alone is
//! JSON that nobody can decode. The first half is kept until its piece goes on; one that stays alone becomes U+FFFD.

use std::ops::Range;

/// Escape of the character that stands for what cannot be read.
const UNREADABLE: &[u8] = b"\\ufffd";
const ESCAPE_BYTES: usize = 6;

/// The half that waits for the other.
#[derive(Debug, Default)]
pub(crate) struct Halves {
    held: Option<[u8; ESCAPE_BYTES]>,
    is_last: bool,
}

impl Halves {
    /// The next piece with whole characters only; `None` if it has no others.
    pub(crate) fn mend(&mut self, json: &[u8]) -> Option<Vec<u8>> {
        let mut lone = Vec::new();
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'\\', json.get(at..).unwrap_or_default()) {
            at += found;
            let Some(half) = half(json, at) else {
                at += 2;
                continue;
            };
            let is_paired = half == Half::First && self::half(json, at + ESCAPE_BYTES) == Some(Half::Second);
            if !is_paired {
                lone.push((half, at..at + ESCAPE_BYTES));
            }
            at += if is_paired { 2 * ESCAPE_BYTES } else { ESCAPE_BYTES };
        }
        (!lone.is_empty()).then(|| self.mended(json, &lone))
    }

    /// The same for JSON that nothing follows.
    pub(crate) fn mend_whole(json: &[u8]) -> Option<Vec<u8>> {
        let mut halves = Self { is_last: true, ..Self::default() };
        halves.mend(json)
    }

    fn mended(&mut self, json: &[u8], lone: &[(Half, Range<usize>)]) -> Vec<u8> {
        let (mut out, mut from) = (Vec::with_capacity(json.len() + ESCAPE_BYTES), 0);
        for (half, place) in lone {
            out.extend_from_slice(&json[from..place.start]);
            from = place.end;
            let escape = &json[place.clone()];
            let is_first_in_text =
                json[..place.start].ends_with(b"\"") && !json[..place.start].ends_with(b"\\\"");
            match (half, self.held.take_if(|_| *half == Half::Second && is_first_in_text)) {
                (_, Some(held)) => out.extend([held.as_slice(), escape].concat()),
                (Half::First, None) if !self.is_last && json.get(place.end) == Some(&b'"') => {
                    self.held = escape.try_into().ok();
                }
                _ => out.extend_from_slice(UNREADABLE),
            }
        }
        out.extend_from_slice(&json[from..]);
        out
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// Which half is escaped at this place, if one is.
fn half(json: &[u8], at: usize) -> Option<Half> {
    let escape = json.get(at..at + ESCAPE_BYTES)?;
    let [b'\\', b'u', b'd' | b'D', kind, rest @ ..] = escape else { return None };
    if !rest.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    match kind.to_ascii_lowercase() {
        b'8' | b'9' | b'a' | b'b' => Some(Half::First),
        b'c'..=b'f' => Some(Half::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Halves;

    fn mended(pieces: &[&str]) -> Vec<String> {
        let mut halves = Halves::default();
        let mend = |piece: &&str| match halves.mend(piece.as_bytes()) {
            Some(mended) => String::from_utf8(mended).unwrap(),
            None => (*piece).to_owned(),
        };
        pieces.iter().map(mend).collect()
    }

    #[test]
    fn halves_meet_in_the_next_piece() {
        let pieces = [r#"{"a":"x\ud83d","b":1}"#, r#"{"c":2}"#, r#"{"a":"\uDE00y"}"#];
        assert_eq!(mended(&pieces), [r#"{"a":"x","b":1}"#, r#"{"c":2}"#, r#"{"a":"\ud83d\uDE00y"}"#]);
    }

    #[test]
    fn a_half_that_stays_alone_becomes_a_character_that_says_so() {
        assert_eq!(mended(&[r#"{"a":"\ud83dx"}"#]), [r#"{"a":"\ufffdx"}"#]);
        assert_eq!(mended(&[r#"{"a":"\ude00"}"#]), [r#"{"a":"\ufffd"}"#]);
        assert_eq!(mended(&[r#"{"a":"\ud83d\ud83d\ude00"}"#]), [r#"{"a":"\ufffd\ud83d\ude00"}"#]);
        assert_eq!(Halves::mend_whole(br#"{"a":"\ud83d"}"#).unwrap(), br#"{"a":"\ufffd"}"#);
        assert_eq!(mended(&[r#"{"a":"\ud83d"}"#, r#"{"a":"x\ude00"}"#])[1], r#"{"a":"x\ufffd"}"#);
    }

    #[test]
    fn whole_characters_and_what_only_looks_like_a_half_stay() {
        for text in [
            r#"{"a":"\ud83d\ude00"}"#,
            r#"{"a":"\\ud83d"}"#,
            r#"{"a":"\u00e4\n\""}"#,
            r#"{"a":"\ud8"}"#,
            "\\",
        ] {
            assert_eq!(mended(&[text]), [text]);
        }
    }
}
