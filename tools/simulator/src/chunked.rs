//! Reads a chunked request body (RFC 9112 section 7.1), however the bytes arrive. Trailers are read and thrown away.

use bytes::{Buf, BytesMut};

/// Longest line that gives a chunk's size, or a trailer.
const LINE_BYTES_MAX: usize = 4096;

/// A body on its way in.
#[derive(Debug, Default)]
pub(crate) struct ChunkedBody {
    body: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Size,
    Content(u64),
    ContentEnd,
    Trailers,
}

impl ChunkedBody {
    /// How much has been read so far.
    pub(crate) const fn len(&self) -> usize {
        self.body.len()
    }

    /// The body.
    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// Takes what it can from the front of the buffer; whether that was all of the body.
    pub(crate) fn take(&mut self, buffer: &mut BytesMut) -> Result<bool, &'static str> {
        loop {
            match self.state {
                State::Size => match httparse::parse_chunk_size(buffer) {
                    Ok(httparse::Status::Complete((length, size))) => {
                        buffer.advance(length);
                        self.state = if size == 0 { State::Trailers } else { State::Content(size) };
                    }
                    Ok(httparse::Status::Partial) if buffer.len() < LINE_BYTES_MAX => return Ok(false),
                    _ => return Err("the chunk size is no hexadecimal number"),
                },
                State::Content(0) => self.state = State::ContentEnd,
                State::Content(left) => {
                    if buffer.is_empty() {
                        return Ok(false);
                    }
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                    self.body.extend_from_slice(&buffer.split_to(here));
                    self.state = State::Content(left - here as u64);
                }
                State::ContentEnd => {
                    if buffer.len() < 2 {
                        return Ok(false);
                    }
                    if buffer.split_to(2) != b"\r\n"[..] {
                        return Err("a chunk is longer than its size");
                    }
                    self.state = State::Size;
                }
                State::Trailers => {
                    let Some(end) = buffer.iter().position(|byte| *byte == b'\n') else {
                        let is_sane = buffer.len() < LINE_BYTES_MAX;
                        return if is_sane { Ok(false) } else { Err("a trailer is too long") };
                    };
                    let line = buffer.split_to(end + 1);
                    if line.trim_ascii_end().is_empty() {
                        return Ok(true);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::ChunkedBody;

    #[test]
    fn any_split_of_the_bytes_gives_the_same_body() {
        let wire = b"5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\nNEXT";
        for size in 1..wire.len() {
            let mut body = ChunkedBody::default();
            let mut buffer = BytesMut::new();
            let mut is_done = false;
            for part in wire.chunks(size) {
                buffer.extend_from_slice(part);
                is_done = is_done || body.take(&mut buffer).unwrap();
            }
            assert!(is_done && buffer[..] == b"NEXT"[..], "pieces of {size}");
            assert_eq!(body.into_body(), b"hello world");
        }
    }

    #[test]
    fn wrong_sizes_are_noticed() {
        let check = |wire: &[u8]| assert!(ChunkedBody::default().take(&mut BytesMut::from(wire)).is_err());
        check(b"x\r\n");
        check(b"3\r\nhello\r\n0\r\n\r\n");
    }
}
