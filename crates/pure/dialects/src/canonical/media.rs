//! What inline media are: Base64 that can be read, and a kind found in the first bytes, whatever it is said to be.

use super::flaw::Flaw;

/// How much of the text is looked at for the kind.
const HEAD_CHARS: usize = 24;

/// How files of a kind begin: at which byte stands what.
const BEGINNINGS: &[(&str, usize, &[u8])] = &[
    ("image/png", 0, b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", 0, b"\xff\xd8\xff"),
    ("image/gif", 0, b"GIF8"),
    ("image/webp", 8, b"WEBP"),
    ("application/pdf", 0, b"%PDF"),
];

/// The media type that the first bytes show, if it is a well-known one.
pub(crate) fn sniff(data: &str) -> Option<&'static str> {
    let head = data.get(..HEAD_CHARS.min(data.len() / 4 * 4))?;
    shown(&decode(head)?)
}

fn shown(head: &[u8]) -> Option<&'static str> {
    let begins =
        |(_, at, bytes): &&(&str, usize, &[u8])| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
    BEGINNINGS.iter().find(begins).map(|(media_type, ..)| *media_type)
}

/// Looks at a medium that stands in a request, and tells its media type: the one that its bytes show, or else the one it is
/// given.
pub(crate) fn check(media_type: &str, data: &str, path: &str) -> Result<String, Flaw> {
    if !is_media_type(media_type) {
        return Err(Flaw::new(path, format!("'{path}' has no media type such as image/png")));
    }
    if !is_base64(data) {
        return Err(Flaw::new(path, format!("'{path}' is not Base64 (standard alphabet, with padding)")));
    }
    Ok(sniff(data).map_or_else(|| media_type.to_ascii_lowercase(), str::to_owned))
}

/// The media type of a file that somebody serves: the one that its first bytes show, or else the one it is called.
pub fn media_type_of<'t>(bytes: &[u8], called: &'t str) -> &'t str {
    shown(bytes).unwrap_or(called)
}

/// Whether it is a picture of any kind, and not merely called one.
pub(crate) fn is_image(media_type: &str, data: &str) -> bool {
    sniff(data).unwrap_or(media_type).starts_with("image/")
}

/// What is wrong with something that is no picture.
pub(crate) fn no_image(media_type: &str) -> String {
    format!("is no image: it is called {media_type}, and its bytes show no other kind")
}

/// The bytes; `None` if the text is no Base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    if !is_base64(text) {
        return None;
    }
    let letters = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(letters.len() / 4 * 3 + 3);
    for group in letters.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, letter| bits << 6 | value(*letter));
        let bits = bits << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

/// Whether it is Base64 in the standard alphabet, with padding.
pub(crate) fn is_base64(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    !letters.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - letters.len() <= 2
        && letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

fn value(letter: u8) -> u32 {
    u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    })
}

/// Whether it is a media type without parameters, such as `image/png`.
pub(crate) fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    text.split_once('/').is_some_and(|(kind, name)| is_name(kind) && is_name(name))
}

#[cfg(test)]
mod tests {
    use domain::base64;

    use super::{check, decode, sniff};

    #[test]
    fn kinds_are_found_in_the_first_bytes() {
        let check = |bytes: &[u8], kind: Option<&str>| assert_eq!(sniff(&base64(bytes)), kind, "{bytes:?}");
        check(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some("image/png"));
        check(b"\xff\xd8\xff\xe0\0\x10JFIF", Some("image/jpeg"));
        check(b"\xff\xd8\xff", Some("image/jpeg"));
        check(b"GIF89a\x01\0", Some("image/gif"));
        check(b"RIFF\x24\0\0\0WEBPVP8 ", Some("image/webp"));
        check(b"RIFF\x24\0\0\0WAVEfmt ", None);
        check(b"%PDF-1.7\n", Some("application/pdf"));
        check(b"BM\0\0", None);
        check(b"", None);
        assert_eq!(
            sniff("\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}"),
            None
        );
    }

    #[test]
    fn what_bytes_show_counts_more_than_what_is_said() {
        let png = base64(b"\x89PNG\r\n\x1a\n");
        assert_eq!(check("image/jpeg", &png, "p").unwrap(), "image/png");
        assert_eq!(check("Image/TIFF", "AAAA", "p").unwrap(), "image/tiff");
    }

    #[test]
    fn bad_text_names_its_place() {
        for (media_type, data) in [
            ("image/png", ""),
            ("image/png", "===="),
            ("image/png", "AAA"),
            ("image/png", "AA A"),
            ("image/png", "A==="),
            ("image/png", "AA=A"),
            ("image/png", "AA-_"),
            ("png", "AAAA"),
            ("image/", "AAAA"),
            ("image/png; q=1", "AAAA"),
        ] {
            let flaw = check(media_type, data, "messages[0].content[1]").unwrap_err();
            assert_eq!(flaw.param.as_deref(), Some("messages[0].content[1]"), "{media_type} {data}");
            assert!(!flaw.is_of_target);
        }
    }

    #[test]
    fn all_lengths_decode() {
        for length in 1..20_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(97) ^ 0xa5).collect();
            assert_eq!(decode(&base64(&bytes)), Some(bytes));
        }
        assert_eq!(decode("AA="), None);
    }
}
