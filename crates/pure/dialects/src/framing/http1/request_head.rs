//! Eyes on the request heads that pass by on their way to an HTTP server that resolves a head with both
//! `content-length` and `transfer-encoding` silently. It parses nothing: that is the server's work.

use wide::u8x16;

/// Longest unfinished head that is remembered; the server refuses it long before.
const PARTIAL_HEAD_BYTES_MAX: usize = 1 << 20;

/// Watches the bytes that a connection brings between requests.
#[derive(Debug, Default)]
pub struct RequestHeadWatch {
    partial: Vec<u8>,
    clean_chunked_head: Option<Outline>,
}

/// What a judged head looks like, so that another head is not taken for it.
#[derive(Debug)]
struct Outline {
    method: Vec<u8>,
    headers: usize,
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

    /// Whether the head of the chunked request that begins now was seen, and seen clean: without a content-length. It has
    /// this method and so many headers: of a head whose beginning was read unseen, fewer lines were judged. Asking uses
    /// the answer up.
    pub fn take_clean_chunked_head(&mut self, method: &str, headers: usize) -> bool {
        let seen = self.clean_chunked_head.take();
        seen.is_some_and(|seen| seen.method == method.as_bytes() && seen.headers == headers)
    }

    fn judge(&mut self, bytes: &[u8]) {
        let head = &bytes[..head_end(bytes).unwrap_or(bytes.len())];
        let is_clean = has_line(head, b"transfer-encoding:") && !has_line(head, b"content-length:");
        self.clean_chunked_head = is_clean.then(|| Outline {
            method: head.split(|byte| *byte == b' ').next().unwrap_or_default().to_vec(),
            // Behind each line feed but the last begins a line; the last of them is the blank one.
            headers: line_starts(head).count().saturating_sub(2),
        });
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

/// Whether a line begins with `name`, in any letter case. Few lines have its first letter: only those are compared.
fn has_line(head: &[u8], name: &[u8]) -> bool {
    let is_first = |byte: &u8| name.first().is_some_and(|first| first.eq_ignore_ascii_case(byte));
    let begins = |at: usize| {
        let line = &head[at..];
        line.first().is_some_and(is_first)
            && line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    line_starts(head).any(begins)
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
        watch.take_clean_chunked_head("POST", head.split("\r\n\r\n").next().unwrap().lines().count() - 1)
    }

    /// The server behind us read the beginning of the head while we did not look.
    #[test]
    fn the_rest_of_a_head_is_not_taken_for_the_head() {
        let unseen = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n";
        for (rest, headers) in [
            ("x-a: POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", 3),
            ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", 3),
            ("content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", 2),
        ] {
            let mut watch = RequestHeadWatch::default();
            watch.feed(rest.as_bytes());
            assert!(!watch.take_clean_chunked_head("POST", headers), "{unseen}{rest}");
        }
    }

    #[test]
    fn a_head_without_chunks_ends_what_was_seen_before() {
        let mut watch = RequestHeadWatch::default();
        watch.feed(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
        watch.feed(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        assert!(!watch.take_clean_chunked_head("POST", 1));
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
