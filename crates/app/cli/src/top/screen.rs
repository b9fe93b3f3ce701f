//! The terminal, taken over for as long as it is watched, and given back as it was.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use super::columns::Line;
use super::farewell::Farewell;
use super::words::Mood;

/// Another screen, so that the lines above are there again afterwards; no cursor.
const TAKE: &str = "\x1b[?1049h\x1b[?25l";
const GIVE_BACK: &str = "\x1b[?25h\x1b[?1049l";
/// How often it is looked whether the window has another size, or a signal has come that woke nobody.
const SIZE_CHECKED_EVERY: Duration = Duration::from_millis(200);
/// Where a terminal does not know its size.
const SIZE_DEFAULT: (usize, usize) = (80, 24);

/// A terminal that tells each key at once.
pub(super) struct Screen {
    before: Termios,
    has_colours: bool,
    farewell: Farewell,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    Time,
    Key(u8),
    Resized,
    /// Nobody is there any more, or a signal ends the program.
    Gone,
}

impl Screen {
    pub(super) fn take(has_colours: bool) -> Result<Self> {
        let farewell = Farewell::listen()?;
        let before = tcgetattr(stdin()).context("cannot read the terminal's settings")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Flush, &raw).context("cannot set the terminal up")?;
        let screen = Self { before, has_colours, farewell };
        put(TAKE)?;
        Ok(screen)
    }

    /// Columns and rows.
    pub(super) fn size() -> (usize, usize) {
        match tcgetwinsize(stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
            _ => SIZE_DEFAULT,
        }
    }

    /// Shows as much as there is room for; what is said at the bottom is always there.
    pub(super) fn draw(&self, lines: &[Line], bottom: &str) -> Result<()> {
        let (columns, rows) = Self::size();
        let mut picture = String::from("\x1b[H");
        let room = rows.saturating_sub(1);
        for line in lines.iter().take(room) {
            let text: String = line.text.chars().take(columns).collect();
            let colour = line.mood.filter(|_| self.has_colours).map_or("", colour);
            picture.push_str(colour);
            picture.push_str(&text);
            // What is left of the line before; the cursor is at the beginning of the next one.
            picture.push_str("\x1b[0m\x1b[K\r\n");
        }
        let bottom: String = bottom.chars().take(columns).collect();
        picture.push_str(&format!("\x1b[J\x1b[{rows};1H\x1b[7m{bottom}\x1b[0m\x1b[K"));
        put(&picture)
    }

    /// Waits for a key, for another size, or until then.
    pub(super) fn wait(&mut self, until: Instant) -> Result<Wake> {
        let size = Self::size();
        loop {
            let left = until.saturating_duration_since(Instant::now()).min(SIZE_CHECKED_EVERY);
            let timeout = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
            let mut keys = [PollFd::from_borrowed_fd(stdin(), PollFlags::IN)];
            match poll(&mut keys, Some(&timeout)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => {
                    let mut key = [0];
                    let read = rustix::io::read(stdin(), &mut key).context("cannot read the terminal")?;
                    return Ok(if read == 0 { Wake::Gone } else { Wake::Key(key[0]) });
                }
                Err(error) => return Err(error).context("cannot wait for the terminal"),
            }
            if self.farewell.was_said() {
                return Ok(Wake::Gone);
            }
            if Self::size() != size {
                return Ok(Wake::Resized);
            }
            if Instant::now() >= until {
                return Ok(Wake::Time);
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Whoever has closed the terminal needs nothing back.
        let _ = put(GIVE_BACK);
        let _ = tcsetattr(stdin(), OptionalActions::Flush, &self.before);
    }
}

fn put(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

const fn colour(mood: Mood) -> &'static str {
    match mood {
        Mood::Well => "",
        Mood::Uneasy => "\x1b[33m",
        Mood::Ill => "\x1b[31m",
        Mood::Out => "\x1b[35m",
        Mood::Unknown => "\x1b[2m",
    }
}
