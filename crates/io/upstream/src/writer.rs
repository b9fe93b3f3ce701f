//! Writing a request, as far as the socket takes it, from wherever it stopped before.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use crate::file_body::Chunks;
use crate::request::{Body, Request};

/// Slices handed to one vectored write.
const SLICES_MAX: usize = 32;

/// A request on its way out.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    head: &'a [u8],
    pieces: &'a [Bytes],
    /// What is still to be read of a body in a file, and the chunk of it that was read last.
    chunks: Option<Box<Chunks<'a>>>,
    chunk: Bytes,
    /// The part that comes next: the head, then the pieces of the body, then the chunk.
    part: usize,
    /// How much of that part is written.
    written: usize,
    is_flushed: bool,
    /// How much of it has left since somebody asked.
    moved: u64,
}

/// Why a request cannot be written on.
#[derive(Debug)]
pub(crate) enum WriteFailure {
    /// The socket takes no more.
    Socket(io::Error),
    /// Its own body cannot be read.
    Body(io::Error),
}

impl From<io::Error> for WriteFailure {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

impl<'a> Writer<'a> {
    pub(crate) fn new(request: &'a Request<'a>) -> Self {
        let (pieces, chunks) = match request.body {
            Body::Pieces(pieces) => (pieces, None),
            Body::File(body) => (&[][..], Some(Box::new(body.chunks()))),
        };
        let (head, chunk) = (request.head.as_slice(), Bytes::new());
        Self { head, pieces, chunks, chunk, part: 0, written: 0, is_flushed: false, moved: 0 }
    }

    /// Whether all of it has left.
    pub(crate) const fn is_flushed(&self) -> bool {
        self.is_flushed
    }

    /// How many bytes of it have left since this was asked last.
    pub(crate) fn take_moved(&mut self) -> u64 {
        std::mem::take(&mut self.moved)
    }

    /// Writes on. Ready when all has left.
    pub(crate) fn poll(
        &mut self,
        socket: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), WriteFailure>> {
        while !self.is_flushed {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = self.unwritten(&mut slices);
            if count == 0 {
                if ready!(self.poll_chunk(cx)).map_err(WriteFailure::Body)? {
                    continue;
                }
                ready!(Pin::new(&mut *socket).poll_flush(cx))?;
                self.is_flushed = true;
                break;
            }
            let socket = Pin::new(&mut *socket);
            let wrote = ready!(match &slices[..count] {
                [whole] => socket.poll_write(cx, whole),
                parts => socket.poll_write_vectored(cx, parts),
            })?;
            if wrote == 0 {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into()));
            }
            self.advance(wrote);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads the next chunk of a body in a file. False if there is none.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let Some(chunks) = &mut self.chunks else { return Poll::Ready(Ok(false)) };
        match ready!(chunks.poll_next(cx)) {
            Some(chunk) => {
                self.chunk = chunk?;
                self.part = self.chunk_part();
                Poll::Ready(Ok(true))
            }
            None => {
                self.chunks = None;
                Poll::Ready(Ok(false))
            }
        }
    }

    fn chunk_part(&self) -> usize {
        1 + self.pieces.len()
    }

    /// Fills `slices` with what comes next; returns how many.
    fn unwritten<'s>(&'s self, slices: &mut [IoSlice<'s>; SLICES_MAX]) -> usize {
        let mut count = 0;
        let mut skip = self.written;
        for place in self.part.. {
            let Some(part) = self.part_at(place).filter(|_| count < SLICES_MAX) else { break };
            if skip < part.len() {
                slices[count] = IoSlice::new(&part[skip..]);
                count += 1;
            }
            skip = 0;
        }
        count
    }

    fn advance(&mut self, wrote: usize) {
        self.moved += wrote as u64;
        self.written += wrote;
        while let Some(length) = self.part_at(self.part).map(<[u8]>::len).filter(|it| *it <= self.written) {
            self.written -= length;
            self.part += 1;
        }
    }

    fn part_at(&self, place: usize) -> Option<&[u8]> {
        match place {
            0 => Some(self.head),
            _ if place == self.chunk_part() => Some(&self.chunk),
            _ => self.pieces.get(place - 1).map(|piece| &piece[..]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, IoSlice};
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use proptest::prelude::*;
    use tokio::io::AsyncWrite;

    use super::Writer;
    use crate::request::{Body, Request};

    /// Takes as many bytes as it is told, one number a write; nothing where that is zero.
    struct Reluctant {
        takes: Vec<usize>,
        got: Vec<u8>,
    }

    impl AsyncWrite for Reluctant {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, part: &[u8]) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(cx, &[IoSlice::new(part)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            parts: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let taken = self.takes.pop().unwrap_or(usize::MAX);
            let offered: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).take(taken).collect();
            if offered.is_empty() {
                return Poll::Pending;
            }
            self.got.extend_from_slice(&offered);
            Poll::Ready(Ok(offered.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    proptest! {
        #[test]
        fn all_parts_arrive_once_and_in_order(
            head in proptest::collection::vec(any::<u8>(), 1..50),
            body in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 0..99),
            takes in proptest::collection::vec(0..70_usize, 0..40),
        ) {
            let body: Vec<Bytes> = body.into_iter().map(Bytes::from).collect();
            let expected = [head.as_slice(), &body.concat()].concat();
            let request = Request { head, body: Body::Pieces(&body) };
            let mut writer = Writer::new(&request);
            let mut socket = Reluctant { takes, got: Vec::new() };
            let mut context = Context::from_waker(Waker::noop());
            while writer.poll(&mut socket, &mut context).is_pending() {}
            prop_assert!(writer.is_flushed());
            prop_assert_eq!(socket.got, expected);
        }
    }
}
