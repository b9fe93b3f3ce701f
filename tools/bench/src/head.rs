//! Finding things in an HTTP/1.1 head: where it ends, and one field by name.
//!
//! Enough for the well-formed heads of a bench on loopback; it validates nothing.

/// The empty line that ends a head.
pub(crate) const HEAD_END: &[u8] = b"\r\n\r\n";

/// Where `needle` begins in `haystack`.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Where a head ends, given how many of its bytes were there before the last read.
pub(crate) fn end_of_head(bytes: &[u8], seen_before: usize) -> Option<usize> {
    // The end may straddle two reads, so step back by all but one of its bytes.
    let from = seen_before.saturating_sub(HEAD_END.len() - 1);
    find(&bytes[from.min(bytes.len())..], HEAD_END).map(|at| from + at + HEAD_END.len())
}

/// The value of a header field, by name in any case.
pub(crate) fn field<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Whether the body comes in chunks.
pub(crate) fn is_chunked(head: &str) -> bool {
    field(head, "transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"))
}

/// The declared length of the body.
pub(crate) fn content_length(head: &str) -> Option<usize> {
    field(head, "content-length").and_then(|value| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_across_two_reads() {
        let bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody";
        for seen in 0..27 {
            assert_eq!(end_of_head(bytes, seen), Some(27), "after {seen} bytes");
        }
        assert_eq!(end_of_head(b"GET / HTTP/1.1\r\n", 4), None);
    }

    #[test]
    fn fields_are_found_in_any_case() {
        let head = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 12\r\nTransfer-Encoding: gzip, Chunked\r\n";
        assert_eq!(content_length(head), Some(12));
        assert!(is_chunked(head));
        assert_eq!(field(head, "connection"), None);
    }
}
