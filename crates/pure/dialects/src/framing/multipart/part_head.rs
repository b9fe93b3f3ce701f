//! The head of one part: what its field is called, and whether it is a file.

use super::parameters::{parameters, split};

/// What a head says of its part.
#[derive(Debug)]
pub(super) struct PartHead<'a> {
    pub(super) name: &'a [u8],
    pub(super) is_file: bool,
    /// Its content is not the value itself.
    pub(super) is_encoded: bool,
}

/// Reads a head, the empty line at its end included.
pub(super) fn read(head: &[u8]) -> Result<PartHead<'_>, &'static str> {
    let mut disposition = None;
    let mut is_encoded = false;
    for line in lines(head) {
        let line = line?;
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err("has a line in its head without a colon");
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-disposition") && disposition.replace(value).is_some() {
            return Err("has two content-dispositions");
        }
        if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
            is_encoded |= ![&b"binary"[..], b"8bit", b"7bit"].iter().any(|it| it.eq_ignore_ascii_case(value));
        }
        if name.is_empty() || name.iter().any(|byte| !byte.is_ascii_graphic()) {
            return Err("has a header with a name that none may have");
        }
    }
    let Some(disposition) = disposition else { return Err("has no content-disposition") };
    let (kind, rest) = split(disposition);
    if !kind.eq_ignore_ascii_case(b"form-data") {
        return Err("has a content-disposition other than form-data");
    }
    let parameters = parameters(rest)?;
    let mut names = parameters.iter().filter(|parameter| parameter.is("name"));
    let (Some(name), None) = (names.next(), names.next()) else {
        return Err("has no name, or two");
    };
    if name.value.contains(&b'\\') || parameters.iter().any(|parameter| parameter.is_extended("name")) {
        return Err("has a name in a coding that not all readers know");
    }
    let is_file = parameters.iter().any(|it| it.is("filename") || it.is_extended("filename"));
    Ok(PartHead { name: name.value, is_file, is_encoded })
}

/// The lines of a head. One that continues another, or ends in any other way than with CR LF, is read differently elsewhere.
fn lines(head: &[u8]) -> impl Iterator<Item = Result<&[u8], &'static str>> {
    let head = head.strip_suffix(b"\r\n").unwrap_or(head);
    let lines = head.split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| match line.strip_suffix(b"\r\n") {
        Some(line) if line.contains(&b'\r') || line.contains(&0) => {
            Err("has a stray control character in its head")
        }
        Some(line) if line.starts_with(b" ") || line.starts_with(b"\t") => {
            Err("has a folded line in its head")
        }
        Some(line) => Ok(line),
        None => Err("has a line in its head that does not end with CR LF"),
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_field_and_a_file_are_told_apart() {
        let check = |head: &str, name: &str, is_file: bool| {
            let found = read(head.as_bytes()).unwrap();
            assert_eq!((found.name, found.is_file), (name.as_bytes(), is_file), "{head}");
        };
        check("Content-Disposition: form-data; name=\"model\"\r\n\r\n", "model", false);
        check("content-disposition:form-data;name=model\r\ncontent-type: text/plain\r\n\r\n", "model", false);
        check(
            "Content-Type: audio/wav\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;b\\c=d.wav\"\r\n\r\n",
            "file",
            true,
        );
        check("Content-Disposition: form-data; name=\"f\"; filename*=utf-8''%e2%82%ac\r\n\r\n", "f", true);
    }

    #[test]
    fn what_two_read_differently_is_refused() {
        for (head, why) in [
            ("\r\n", "has no content-disposition"),
            ("Content-Type: text/plain\r\n\r\n", "has no content-disposition"),
            (
                "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=model\r\n\r\n",
                "has two content-dispositions",
            ),
            (
                "Content-Disposition: attachment; name=a\r\n\r\n",
                "has a content-disposition other than form-data",
            ),
            ("Content-Disposition: form-data\r\n\r\n", "has no name, or two"),
            ("Content-Disposition: form-data; name=a; name=b\r\n\r\n", "has no name, or two"),
            (
                "Content-Disposition: form-data; name=a; name*=utf-8''model\r\n\r\n",
                "has a name in a coding that not all readers know",
            ),
            (
                "Content-Disposition: form-data; name=\"a\\b\"\r\n\r\n",
                "has a name in a coding that not all readers know",
            ),
            (
                "Content-Disposition: form-data; filename=\"a\\\"; name=\"model\"\r\n\r\n",
                "has an escaped quote; write it as %22",
            ),
            ("Content-Disposition: form-data;\r\n name=a\r\n\r\n", "has a folded line in its head"),
            (
                "Content-Disposition: form-data; name=a\n\r\n\r\n",
                "has a line in its head that does not end with CR LF",
            ),
            (
                "Content-Disposition : form-data; name=a\r\n\r\n",
                "has a header with a name that none may have",
            ),
            ("nonsense\r\n\r\n", "has a line in its head without a colon"),
        ] {
            assert_eq!(read(head.as_bytes()).err(), Some(why), "{head:?}");
        }
    }

    #[test]
    fn an_encoded_value_is_noticed() {
        let head = |coding: &str| {
            format!("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: {coding}\r\n\r\n")
        };
        assert!(!read(head("8bit").as_bytes()).unwrap().is_encoded);
        assert!(read(head("base64").as_bytes()).unwrap().is_encoded);
    }
}
