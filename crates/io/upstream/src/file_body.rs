//! A body that lies in a file, with a few bytes of it replaced: read in chunks while it is written to a socket, as often as it
//! is sent. Files are read on threads that may wait for a disk.

use std::fs::File;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes asked of one read.
const CHUNK_BYTES: u64 = 128 * 1024;

/// A body in a file. The file is gone when nobody holds it, if it has no name.
#[derive(Clone, Debug)]
pub struct FileBody {
    file: Arc<File>,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
enum Segment {
    InFile(Range<u64>),
    InMemory(Bytes),
}

impl FileBody {
    /// The first `length` bytes of a file, which nobody changes any more.
    pub fn new(file: File, length: u64) -> Self {
        Self { file: Arc::new(file), segments: vec![Segment::InFile(0..length)] }
    }

    /// The same with the bytes of `span` replaced. Of a body that is as it lies in its file.
    #[must_use]
    pub fn replaced(&self, span: Range<u64>, replacement: Bytes) -> Self {
        let length = self.length();
        let segments = vec![
            Segment::InFile(0..span.start),
            Segment::InMemory(replacement),
            Segment::InFile(span.end..length),
        ];
        Self { file: self.file.clone(), segments }
    }

    /// How long it is.
    pub fn length(&self) -> u64 {
        self.segments.iter().map(Segment::length).sum()
    }

    pub(crate) fn chunks(&self) -> Chunks<'_> {
        Chunks { body: self, segment: 0, read: 0, reading: None }
    }
}

impl Segment {
    fn length(&self) -> u64 {
        match self {
            Self::InFile(range) => range.end - range.start,
            Self::InMemory(bytes) => bytes.len() as u64,
        }
    }
}

/// A body on its way.
#[derive(Debug)]
pub(crate) struct Chunks<'a> {
    body: &'a FileBody,
    segment: usize,
    /// How much of that segment is read.
    read: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Chunks<'_> {
    /// The next chunk; `None` behind the last one.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let read = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                let read = read.unwrap_or_else(|ended| Err(io::Error::other(ended)));
                if let Ok(chunk) = &read {
                    self.read += chunk.len() as u64;
                }
                return Poll::Ready(Some(read));
            }
            match self.body.segments.get(self.segment) {
                None => return Poll::Ready(None),
                Some(segment) if self.read >= segment.length() => {
                    self.segment += 1;
                    self.read = 0;
                }
                Some(Segment::InMemory(bytes)) => {
                    self.read = bytes.len() as u64;
                    return Poll::Ready(Some(Ok(bytes.clone())));
                }
                Some(Segment::InFile(range)) => {
                    let start = range.start + self.read;
                    let length = CHUNK_BYTES.min(range.end - start);
                    let file = self.body.file.clone();
                    self.reading = Some(spawn_blocking(move || {
                        let mut chunk = vec![0; length as usize];
                        file.read_exact_at(&mut chunk, start).map(|()| Bytes::from(chunk))
                    }));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;

    use bytes::Bytes;

    use super::{CHUNK_BYTES, FileBody};

    async fn read(body: &FileBody) -> std::io::Result<Vec<u8>> {
        let mut chunks = body.chunks();
        let mut all = Vec::new();
        while let Some(chunk) = poll_fn(|cx| chunks.poll_next(cx)).await {
            all.extend_from_slice(&chunk?);
        }
        Ok(all)
    }

    fn body(content: &[u8]) -> FileBody {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        FileBody::new(file, content.len() as u64)
    }

    #[tokio::test]
    async fn a_file_is_read_whole_as_often_as_it_is_sent() {
        let content: Vec<u8> = (0..3 * CHUNK_BYTES as usize / 2).map(|place| (place % 251) as u8).collect();
        let body = body(&content);
        assert!(read(&body).await.unwrap() == content && read(&body).await.unwrap() == content);
        assert!(read(&self::body(b"")).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn only_the_span_is_replaced() {
        let body = body(b"0123456789");
        for (span, text, expected) in [
            (2..5, "abcdef", "01abcdef56789"),
            (0..3, "", "3456789"),
            (10..10, "x", "0123456789x"),
            (0..10, "y", "y"),
        ] {
            let replaced = body.replaced(span, Bytes::from_static(text.as_bytes()));
            assert_eq!(read(&replaced).await.unwrap(), expected.as_bytes());
            assert_eq!(replaced.length(), expected.len() as u64);
        }
    }

    #[tokio::test]
    async fn a_file_that_is_shorter_than_it_should_be_is_an_error() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"short").unwrap();
        assert!(read(&FileBody::new(file, 6)).await.is_err());
    }
}
