//! The chunked coding, decoded in place: what was read together leaves together, as one piece, however many
//! chunks it was. A single chunk is not moved at all. RFC 9112, section 7.1.

use bytes::{Buf, Bytes, BytesMut};

/// Longest extension of one chunk, and longest trailer section, that is skipped.
const SKIPPED_BYTES_MAX: usize = 16 * 1024;
/// Sixteen hexadecimal digits would overflow; nobody sends chunks that large.
const SIZE_DIGITS_MAX: u8 = 15;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size { value: u64, digits: u8 },
    Extension { size: u64 },
    SizeEnd { size: u64 },
    Data { left: u64 },
    DataReturn,
    DataEnd,
    TrailerStart,
    TrailerLine,
    TrailerReturn,
    LastEnd,
    Done,
}

/// The decoder between two reads.
#[derive(Debug)]
pub struct ChunkedDecoder {
    state: State,
    skipped: usize,
}

impl Default for ChunkedDecoder {
    fn default() -> Self {
        Self { state: State::Size { value: 0, digits: 0 }, skipped: 0 }
    }
}

impl ChunkedDecoder {
    /// Whether the last chunk and its trailers have passed.
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Takes all payload out of `buffer`; bytes beyond the last chunk stay in it.
    pub fn take_payload(&mut self, buffer: &mut BytesMut) -> Result<Bytes, &'static str> {
        let mut read = 0;
        // The payload is gathered at `start..end`, behind the first chunk's own bytes.
        let mut gathered: Option<(usize, usize)> = None;
        while read < buffer.len() && self.state != State::Done {
            if let State::Data { left } = self.state {
                let length = (buffer.len() - read).min(usize::try_from(left).unwrap_or(usize::MAX));
                let (start, end) = gathered.unwrap_or((read, read));
                if end != read {
                    buffer.copy_within(read..read + length, end);
                }
                gathered = Some((start, end + length));
                read += length;
                let left = left - length as u64;
                self.state = if left == 0 { State::DataReturn } else { State::Data { left } };
            } else {
                self.state = self.step(buffer[read])?;
                read += 1;
            }
        }
        let Some((start, end)) = gathered else {
            buffer.advance(read);
            return Ok(Bytes::new());
        };
        let tail = buffer.split_off(read);
        let mut payload = std::mem::replace(buffer, tail);
        payload.truncate(end);
        payload.advance(start);
        Ok(payload.freeze())
    }

    /// Reads one byte between chunks.
    fn step(&mut self, byte: u8) -> Result<State, &'static str> {
        let next = match (self.state, byte) {
            (State::Size { value, digits }, byte) if byte.is_ascii_hexdigit() => {
                if digits == SIZE_DIGITS_MAX {
                    return Err("a chunk size is too large");
                }
                let digit = char::from(byte).to_digit(16).expect("a hexadecimal digit");
                State::Size { value: value << 4 | u64::from(digit), digits: digits + 1 }
            }
            (State::Size { digits: 0, .. }, _) => return Err("a chunk has no size"),
            (State::Size { value, .. }, b'\r') => State::SizeEnd { size: value },
            (State::Size { value, .. }, b';' | b' ' | b'\t') => State::Extension { size: value },
            (State::Extension { size }, b'\r') => State::SizeEnd { size },
            (State::Extension { size }, byte) if byte != b'\n' => {
                self.skip_one()?;
                State::Extension { size }
            }
            (State::SizeEnd { size }, b'\n') => {
                self.skipped = 0;
                if size == 0 { State::TrailerStart } else { State::Data { left: size } }
            }
            (State::DataReturn, b'\r') => State::DataEnd,
            (State::DataEnd, b'\n') => State::Size { value: 0, digits: 0 },
            (State::TrailerStart, b'\r') => State::LastEnd,
            (State::LastEnd, b'\n') => State::Done,
            (State::TrailerLine, b'\r') => State::TrailerReturn,
            (State::TrailerReturn, b'\n') => State::TrailerStart,
            (State::TrailerStart | State::TrailerLine, byte) if byte != b'\n' => {
                self.skip_one()?;
                State::TrailerLine
            }
            _ => return Err("a chunk does not end where its size says"),
        };
        Ok(next)
    }

    fn skip_one(&mut self) -> Result<(), &'static str> {
        self.skipped += 1;
        if self.skipped > SKIPPED_BYTES_MAX {
            Err("its chunk extensions or trailers are too long")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::ChunkedDecoder;

    /// Feeds `wire` in two reads; returns payload, what is left over, and whether the body is whole.
    fn decode(wire: &[u8], cut: usize) -> Result<(Vec<u8>, Vec<u8>, bool), &'static str> {
        let mut decoder = ChunkedDecoder::default();
        let mut payload = Vec::new();
        let mut over = Vec::new();
        for read in [&wire[..cut], &wire[cut..]] {
            let mut buffer = BytesMut::from(read);
            payload.extend_from_slice(&decoder.take_payload(&mut buffer)?);
            over.extend_from_slice(&buffer);
        }
        Ok((payload, over, decoder.is_done()))
    }

    #[test]
    fn payload_is_the_same_wherever_reads_are_cut() {
        let wire = b"5\r\nhello\r\n1;name=\"x\"\r\n \r\n00b \r\nbeautiful w\r\n4\r\norld\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1";
        for cut in 0..=wire.len() {
            let (payload, over, is_done) = decode(wire, cut).unwrap();
            assert_eq!(payload, b"hello beautiful world", "cut at {cut}");
            assert!(is_done);
            assert_eq!(over, b"HTTP/1.1", "cut at {cut}");
        }
    }

    #[test]
    fn a_body_ends_in_one_place_only() {
        // Others might read the end of a trailer elsewhere.
        for wire in [&b"0\r\nx: y\n\r\n"[..], b"0\r\nx: \ry\r\n\r\n", b"0\r\n\n", b"0\n\r\n"] {
            assert!(decode(wire, 0).is_err());
        }
    }

    #[test]
    fn an_unfinished_body_is_not_done() {
        for wire in [&b"5\r\nhel"[..], b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n", b"0\r\n\r"] {
            assert!(!decode(wire, 0).unwrap().2);
        }
    }

    #[test]
    fn a_long_stream_may_pad_every_chunk_and_an_endless_padding_ends() {
        let padded = "1   ;x\r\na\r\n".repeat(super::SKIPPED_BYTES_MAX);
        assert_eq!(decode(padded.as_bytes(), 7).unwrap().0.len(), super::SKIPPED_BYTES_MAX);
        for endless in ["1;", "0\r\n"] {
            let wire = format!("{endless}{}", "x".repeat(super::SKIPPED_BYTES_MAX + 1));
            assert!(decode(wire.as_bytes(), 0).is_err());
        }
    }

    #[test]
    fn broken_framing_is_refused() {
        for wire in [
            &b"x\r\n"[..],
            b"\r\n",
            b"5\nhello",
            b"5\r\nhello!",
            b"-5\r\n",
            b"fffffffffffffffff\r\n",
            b"5;\n",
            b"0\r\n\n",
        ] {
            assert!(decode(wire, 0).is_err(), "{:?}", String::from_utf8_lossy(wire));
        }
    }

    /// A payload as chunks of odd sizes, with extensions and trailers.
    fn encode(chunks: &[(Vec<u8>, String)], trailer: &str) -> Vec<u8> {
        let mut wire = Vec::new();
        for (chunk, extension) in chunks.iter().filter(|(chunk, _)| !chunk.is_empty()) {
            wire.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(format!("00{trailer}\r\n\r\n").as_bytes());
        wire
    }

    proptest! {
        #[test]
        fn any_encoding_cut_anywhere_decodes_to_its_payload(
            chunks in vec((vec(any::<u8>(), 0..40), "(|;[a-z=\" ]{0,9})"), 0..9),
            trailer in "(|\r\nx: [a-z]{0,9})",
            over in vec(any::<u8>(), 0..9),
            cuts in vec(1..30_usize, 0..20),
        ) {
            let mut decoder = ChunkedDecoder::default();
            let (mut payload, mut left) = (Vec::new(), Vec::new());
            let wire = [encode(&chunks, &trailer), over.clone()].concat();
            let mut rest = wire.as_slice();
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (read, after) = rest.split_at(cut.min(rest.len()));
                rest = after;
                let mut buffer = BytesMut::from(read);
                payload.extend_from_slice(&decoder.take_payload(&mut buffer).unwrap());
                left.extend_from_slice(&buffer);
            }
            let expected: Vec<u8> = chunks.into_iter().flat_map(|(chunk, _)| chunk).collect();
            prop_assert!(decoder.is_done());
            prop_assert_eq!((payload, left), (expected, over));
        }

        #[test]
        fn no_bytes_panic_and_no_cut_matters(wire in vec(prop_oneof![any::<u8>(), select(&b"0123af;\r\n\r\n"[..])], 0..60), cut in 0..60_usize) {
            let whole = decode(&wire, 0);
            let parts = decode(&wire, cut.min(wire.len()));
            prop_assert_eq!(whole.is_ok(), parts.is_ok());
            if let (Ok(whole), Ok(parts)) = (whole, parts) {
                prop_assert_eq!(whole, parts);
            }
        }
    }
}
