//! How the body of an answer is delimited, and taking payload out of what was read.

use bytes::{Bytes, BytesMut};

use super::chunked::ChunkedDecoder;

/// The delimiting of a body, with what is left to come.
#[derive(Debug)]
pub enum Framing {
    /// This many bytes more.
    Length(u64),
    /// Chunks.
    Chunked(ChunkedDecoder),
    /// Whatever comes until the connection closes.
    UntilClose,
}

impl Framing {
    /// Chunks, of which none has come.
    pub fn chunked() -> Self {
        Self::Chunked(ChunkedDecoder::default())
    }

    /// Takes the payload out of `buffer`. Bytes beyond the end of the body stay in it.
    pub fn take_payload(&mut self, buffer: &mut BytesMut) -> Result<Bytes, &'static str> {
        match self {
            Self::Length(left) => {
                let length = buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= length as u64;
                Ok(buffer.split_to(length).freeze())
            }
            Self::Chunked(decoder) => decoder.take_payload(buffer),
            Self::UntilClose => Ok(buffer.split().freeze()),
        }
    }

    /// Whether the body is whole.
    pub const fn is_done(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(decoder) => decoder.is_done(),
            Self::UntilClose => false,
        }
    }

    /// Whether the end of the connection is the end of the body.
    pub const fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilClose)
    }

    /// How many bytes are to come, where that is known.
    pub const fn known_length(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            _ => None,
        }
    }
}
