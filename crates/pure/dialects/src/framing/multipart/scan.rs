//! One pass over a form, in pieces cut anywhere, that finds a few fields and where their values stand.
//!
//! Only CR LF ends a line here, nothing stands before the first delimiter or behind the last one, and a delimiter is one
//! for everybody or the form is refused: a field that is reported is the one that any reader will see.

use memchr::memmem::Finder;

use super::flaw::MultipartFlaw;
use super::parameters::Boundary;
use super::part_head;
use super::sizes::{HEAD_BYTES_MAX, PARTS_MAX};
use crate::json::{FIELD_BYTES_MAX, Field};

/// Longest white space behind a delimiter (RFC 2046 allows it for mail's sake).
const PADDING_BYTES_MAX: usize = 64;
const LINE_END: &[u8] = b"\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first delimiter.
    Start,
    /// Behind a delimiter: the last one, or one with a part behind it.
    BehindDelimiter,
    Head,
    Content,
    Over,
}

/// The scan between two pieces.
#[derive(Debug)]
pub struct MultipartScan {
    wanted: &'static [&'static str],
    fields: Vec<Option<Field>>,
    /// Two dashes and the boundary.
    delimiter: Finder<'static>,
    state: State,
    /// How many bytes are read; the beginning of what may become a delimiter is not yet.
    place: usize,
    /// So many bytes of a delimiter ended the last piece.
    begun: usize,
    /// The last two bytes read.
    before: [u8; 2],
    /// The line or the head being read.
    line: Vec<u8>,
    parts: usize,
    /// The wanted field whose value is being read.
    current: Option<usize>,
    content_start: usize,
    value: Vec<u8>,
}

impl MultipartScan {
    /// Looks for the `wanted` names, which are lower-case ASCII.
    pub fn new(boundary: &Boundary, wanted: &'static [&'static str]) -> Self {
        let delimiter = [b"--", boundary.0.as_slice()].concat();
        Self {
            wanted,
            fields: vec![None; wanted.len()],
            delimiter: Finder::new(&delimiter).into_owned(),
            state: State::Start,
            place: 0,
            begun: 0,
            before: [0; 2],
            line: Vec::new(),
            parts: 0,
            current: None,
            content_start: 0,
            value: Vec::new(),
        }
    }

    /// Reads the next piece.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), MultipartFlaw> {
        let mut rest = piece;
        while let Some(first) = rest.first() {
            let read = if self.state == State::Content {
                self.content(rest)?
            } else {
                self.place += 1;
                self.byte(*first)?;
                1
            };
            rest = &rest[read..];
        }
        Ok(())
    }

    /// The fields in the order of the wanted names, once the form is whole.
    pub fn finish(self) -> Result<Vec<Option<Field>>, MultipartFlaw> {
        if self.state == State::Over { Ok(self.fields) } else { Err(MultipartFlaw::Truncated) }
    }

    /// Bytes kept for what is still to come.
    pub fn held_bytes(&self) -> usize {
        let fields = self.fields.iter().flatten().filter_map(|field| field.text.as_ref());
        self.line.len() + self.value.len() + fields.map(Vec::len).sum::<usize>()
    }

    fn malformed(&self) -> MultipartFlaw {
        MultipartFlaw::Malformed(self.place.saturating_sub(1))
    }

    /// A byte that is no content.
    fn byte(&mut self, byte: u8) -> Result<(), MultipartFlaw> {
        match self.state {
            State::Start => self.start(byte),
            State::BehindDelimiter => self.behind_delimiter(byte),
            State::Head => self.head(byte),
            State::Over if byte.is_ascii_whitespace() => Ok(()),
            State::Over => Err(MultipartFlaw::TrailingBytes(self.place - 1)),
            State::Content => unreachable!("content is read in runs"),
        }
    }

    /// Empty lines may stand before the first delimiter.
    fn start(&mut self, byte: u8) -> Result<(), MultipartFlaw> {
        self.line.push(byte);
        if self.line == LINE_END {
            self.line.clear();
        } else if self.line == self.delimiter.needle() {
            self.delimited();
        } else if !self.delimiter.needle().starts_with(&self.line) && !LINE_END.starts_with(&self.line) {
            return Err(self.malformed());
        }
        Ok(())
    }

    fn delimited(&mut self) {
        self.line.clear();
        self.state = State::BehindDelimiter;
    }

    fn behind_delimiter(&mut self, byte: u8) -> Result<(), MultipartFlaw> {
        self.line.push(byte);
        match self.line.as_slice() {
            b"-" => {}
            b"--" => self.state = State::Over,
            line if byte == b'\n' => {
                let padding = line.strip_suffix(LINE_END).ok_or_else(|| self.malformed())?;
                if padding.iter().any(|byte| !b" \t".contains(byte)) {
                    return Err(self.malformed());
                }
                self.begin_part()?;
            }
            line => {
                let is_padding = line.iter().all(|byte| b" \t\r".contains(byte));
                if !is_padding || line.len() > PADDING_BYTES_MAX {
                    return Err(self.malformed());
                }
            }
        }
        Ok(())
    }

    fn begin_part(&mut self) -> Result<(), MultipartFlaw> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(MultipartFlaw::TooManyParts);
        }
        self.line.clear();
        self.state = State::Head;
        Ok(())
    }

    fn head(&mut self, byte: u8) -> Result<(), MultipartFlaw> {
        self.line.push(byte);
        if self.line == LINE_END || self.line.ends_with(b"\r\n\r\n") {
            let head = std::mem::take(&mut self.line);
            self.current = self.wanted_field(&head)?;
            self.state = State::Content;
            self.content_start = self.place;
            self.before = [0; 2];
            self.value.clear();
        } else if self.line.len() > HEAD_BYTES_MAX {
            return Err(MultipartFlaw::LongHead);
        }
        Ok(())
    }

    fn wanted_field(&self, head: &[u8]) -> Result<Option<usize>, MultipartFlaw> {
        let head = part_head::read(head).map_err(|why| MultipartFlaw::Head(self.parts, why))?;
        let is_wanted = |wanted: &&str| wanted.as_bytes().eq_ignore_ascii_case(head.name);
        let Some(place) = self.wanted.iter().position(is_wanted) else { return Ok(None) };
        if head.name != self.wanted[place].as_bytes() {
            return Err(MultipartFlaw::OtherCase(place));
        }
        if head.is_file {
            return Err(MultipartFlaw::IsFile(place));
        }
        if head.is_encoded {
            return Err(MultipartFlaw::Head(self.parts, "has a content-transfer-encoding; send it as it is"));
        }
        if self.fields[place].is_some() {
            return Err(MultipartFlaw::Repeated(place));
        }
        Ok(Some(place))
    }

    /// Reads content up to the next delimiter, or all of it; returns how much.
    fn content(&mut self, bytes: &[u8]) -> Result<usize, MultipartFlaw> {
        if self.begun > 0 {
            return self.content_behind_begun(bytes);
        }
        let mut from = 0;
        while let Some(found) = self.delimiter.find(&bytes[from..]) {
            let end = from + found + self.delimiter.needle().len();
            self.pass(&bytes[from..from + found]);
            if self.meet_delimiter()? {
                return Ok(end);
            }
            self.pass(&bytes[from + found..=from + found]);
            from += found + 1;
        }
        self.begun = self.begun_in(&bytes[from..]);
        self.pass(&bytes[from..bytes.len() - self.begun]);
        Ok(bytes.len())
    }

    /// The same where the piece before ended with the beginning of a delimiter.
    fn content_behind_begun(&mut self, bytes: &[u8]) -> Result<usize, MultipartFlaw> {
        let needle = self.delimiter.needle();
        let (begun, length) = (self.begun, needle.len());
        let seam = [&needle[..begun], &bytes[..bytes.len().min(length - 1)]].concat();
        // Only one that begins at the seam's start is looked for: what is dropped from it is looked at again.
        if seam.starts_with(needle) {
            if self.meet_delimiter()? {
                self.begun = 0;
                return Ok(length - begun);
            }
        } else if needle.starts_with(&seam) {
            self.begun = seam.len();
            return Ok(bytes.len());
        }
        self.pass(&seam[..1]);
        self.begun = self.begun_in(&seam[1..begun]);
        self.pass(&seam[1..begun - self.begun]);
        Ok(0)
    }

    /// How many bytes at the end may be the beginning of a delimiter.
    fn begun_in(&self, bytes: &[u8]) -> usize {
        let needle = self.delimiter.needle();
        let longest = bytes.len().min(needle.len() - 1);
        (1..=longest).rev().find(|length| bytes.ends_with(&needle[..*length])).unwrap_or(0)
    }

    /// Whether what looks like a delimiter is one: it stands at the start of a line. Where some would say so and some not,
    /// nobody is right.
    fn meet_delimiter(&mut self) -> Result<bool, MultipartFlaw> {
        let length = self.place - self.content_start;
        match self.before {
            [b'\r', b'\n'] if length >= LINE_END.len() => {}
            [_, b'\r' | b'\n'] => return Err(MultipartFlaw::Malformed(self.place)),
            _ if length == 0 => return Err(MultipartFlaw::Malformed(self.place)),
            _ => return Ok(false),
        }
        if let Some(field) = self.current.take() {
            let span = self.content_start..self.place - LINE_END.len();
            self.value.truncate(span.len());
            let text = (span.len() <= FIELD_BYTES_MAX).then(|| std::mem::take(&mut self.value));
            self.fields[field] = Some(Field { span, text, ..Field::default() });
        }
        self.value = Vec::new();
        self.place += self.delimiter.needle().len();
        self.delimited();
        Ok(true)
    }

    /// Notes bytes of content.
    fn pass(&mut self, bytes: &[u8]) {
        self.place += bytes.len();
        match bytes {
            [] => {}
            [only] => self.before = [self.before[1], *only],
            [.., last_but_one, last] => self.before = [*last_but_one, *last],
        }
        if self.current.is_some() {
            let room = (FIELD_BYTES_MAX + LINE_END.len()).saturating_sub(self.value.len());
            self.value.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

#[cfg(test)]
mod tests;
