//! Eyes on the request heads that pass by on their way to an HTTP server that resolves a head with both
//! `content-length` and `transfer-encoding` silently. It parses nothing: that is the server's work.

use wide::u8x16;

/// Longest unfinished head that is remembered; the server refuses it long before.
const PARTIAL_HEAD_BYTES_MAX: usize = 1 << 20;

/// Watches the bytes that a connection brings between requests.
#[derive(Debug, Default)]
pub struct RequestHeadWatch {
    partial: Vec<u8>,
    saw_clean_chunked_head: bool,
}

impl RequestHeadWatch {
    /// Looks at what was read between requests, cut anywhere. Whether any of it belongs to a head.
    pub fn feed(&mut self, read: &[u8]) -> bool {
        // Servers skip blank lines before a head, and so do we.
        let blank = read.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let read = if self.partial.is_empty() { &read[blank..] } else { read };
        if read.is_empty() {
            return false;
        }
        if self.partial.is_empty() && head_end(read).is_some() {
            self.judge(read);
        } else if self.partial.len() + read.len() <= PARTIAL_HEAD_BYTES_MAX {
            self.partial.extend_from_slice(read);
            if head_end(&self.partial).is_some() {
                let head = std::mem::take(&mut self.partial);
                self.judge(&head);
            }
        }
        true
    }

    /// Whether the head of the chunked request that begins now was seen, and seen clean: without a content-length. Asking
    /// uses the answer up.
    pub fn take_clean_chunked_head(&mut self) -> bool {
        std::mem::take(&mut self.saw_clean_chunked_head)
    }

    fn judge(&mut self, bytes: &[u8]) {
        let head = &bytes[..head_end(bytes).unwrap_or(bytes.len())];
        if has_line(head, b"transfer-encoding:") {
            self.saw_clean_chunked_head = !has_line(head, b"content-length:");
        }
    }
}

/// Where a head ends, blank line included.
fn head_end(bytes: &[u8]) -> Option<usize> {
    line_starts(bytes).find_map(|at| match &bytes[at..] {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\n', ..] => Some(at + 1),
        _ => None,
    })
}

/// Whether a line begins with `name`, in any letter case.
fn has_line(head: &[u8], name: &[u8]) -> bool {
    line_starts(head)
        .any(|at| head[at..].get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

/// The places behind line feeds.
fn line_starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let (blocks, tail) = bytes.as_chunks::<16>();
    let tail_start = bytes.len() - tail.len();
    let in_blocks = blocks.iter().enumerate().flat_map(|(index, block)| {
        let mut hits = u8x16::new(*block).simd_eq(u8x16::splat(b'\n')).to_bitmask();
        std::iter::from_fn(move || {
            let bit = (hits != 0).then(|| hits.trailing_zeros())?;
            hits &= hits - 1;
            Some(index * 16 + bit as usize + 1)
        })
    });
    let in_tail =
        tail.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(move |(at, _)| tail_start + at + 1);
    in_blocks.chain(in_tail)
}

#[cfg(test)]
mod tests {
    use super::RequestHeadWatch;

    fn is_clean(head: &str, cut: usize) -> bool {
        let mut watch = RequestHeadWatch::default();
        watch.feed(&head.as_bytes()[..cut]);
        watch.feed(&head.as_bytes()[cut..]);
        watch.take_clean_chunked_head()
    }

    #[test]
    fn a_chunked_head_is_clean_only_without_a_length_however_it_is_cut() {
        let clean = "POST /v1/embeddings HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let doubtful =
            "POST / HTTP/1.1\r\nHost: a\r\nCONTENT-length: 5\r\ntransfer-ENCODING: chunked\r\nx: y\r\n\r\n";
        let other_order = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length : 5\r\nContent-Length: 5\r\n\r\n";
        let plain = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n";
        for cut in 0..clean.len() {
            assert!(is_clean(clean, cut), "cut at {cut}");
        }
        for head in [doubtful, other_order, plain] {
            for cut in 0..head.len() {
                assert!(!is_clean(head, cut), "{head:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn the_body_behind_a_head_does_not_count() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n\ncontent-length: 5\n";
        assert!(is_clean(head, 0));
    }

    #[test]
    fn blank_lines_alone_begin_no_head() {
        let mut watch = RequestHeadWatch::default();
        assert!(!watch.feed(b"\r\n\n") && !watch.feed(b"") && watch.feed(b"\r\nP"));
    }
}
