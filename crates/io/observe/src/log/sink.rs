//! Where lines end up. Knows nothing of their content but that each ends in a line feed.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// Where a log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The end of a file, which is made if need be.
    File(PathBuf),
}

/// An open sink.
pub(crate) struct Output {
    stream: Box<dyn Write + Send>,
    /// Where a file can be opened again.
    path: Option<PathBuf>,
    has_colour: bool,
    /// Whether the last write stopped in the middle of a line.
    is_torn: bool,
}

/// A write that failed, and the lines that were lost with it.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) lines: u64,
    pub(crate) error: io::Error,
}

impl Output {
    pub(crate) fn open(sink: &Sink) -> io::Result<Self> {
        match sink {
            Sink::Stdout => Self::standard(&io::stdout()),
            Sink::Stderr => Self::standard(&io::stderr()),
            Sink::File(path) => Ok(Self { path: Some(path.clone()), ..Self::on(append_to(path)?) }),
        }
    }

    pub(crate) fn on(stream: impl Write + Send + 'static) -> Self {
        Self { stream: Box::new(stream), path: None, has_colour: false, is_torn: false }
    }

    /// The bare descriptor: the standard library's own buffer would look for line ends that we know already.
    fn standard(stream: &(impl AsFd + IsTerminal)) -> io::Result<Self> {
        let file = File::from(stream.as_fd().try_clone_to_owned()?);
        // NO_COLOR: https://no-color.org
        let has_colour =
            stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        Ok(Self { has_colour, ..Self::on(file) })
    }

    pub(crate) const fn has_colour(&self) -> bool {
        self.has_colour
    }

    /// Opens a file again under its name; keeps the old one if that fails.
    pub(crate) fn reopen(&mut self) -> io::Result<()> {
        if let Some(path) = &self.path {
            self.stream = Box::new(append_to(path)?);
            self.is_torn = false;
        }
        Ok(())
    }

    /// Writes whole lines. A line that a failed write tore is ended before the next, so that it spoils no other.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        let mut rest = bytes;
        let outcome = self.end_torn_line().and_then(|()| {
            while !rest.is_empty() {
                let count = write_some(&mut self.stream, rest)?;
                self.is_torn = rest[count - 1] != b'\n';
                rest = &rest[count..];
            }
            self.stream.flush()
        });
        let lines_in = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        outcome.map_err(|error| Lost { lines: lines_in(rest), error })
    }

    fn end_torn_line(&mut self) -> io::Result<()> {
        if self.is_torn {
            write_some(&mut self.stream, b"\n")?;
            self.is_torn = false;
        }
        Ok(())
    }
}

/// Writes at least one byte.
fn write_some(stream: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    File::options().append(true).create(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::Output;

    /// Takes so many bytes, then fails once, then takes all.
    #[derive(Clone, Default)]
    struct Faulty {
        room: Arc<Mutex<Option<usize>>>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Faulty {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut room = self.room.lock().unwrap();
            let count = room.unwrap_or(usize::MAX).min(bytes.len());
            if count == 0 {
                *room = None;
                return Err(io::ErrorKind::StorageFull.into());
            }
            *room = room.map(|room| room - count);
            self.taken.lock().unwrap().extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_torn_line_spoils_no_other_and_the_lost_are_counted() {
        let check = |room, lost, text: &str| {
            let stream = Faulty { room: Arc::new(Mutex::new(Some(room))), ..Faulty::default() };
            let mut output = Output::on(stream.clone());
            assert_eq!(output.write(b"one\ntwo\nthree\n").unwrap_err().lines, lost, "room for {room}");
            output.write(b"four\n").unwrap();
            assert_eq!(String::from_utf8(stream.taken.lock().unwrap().clone()).unwrap(), text);
        };
        check(0, 3, "four\n");
        check(4, 2, "one\nfour\n");
        check(6, 2, "one\ntw\nfour\n");
    }
}
