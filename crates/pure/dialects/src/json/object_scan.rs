//! One pass over a JSON object, in pieces cut anywhere, that finds a few top-level fields and where they stand.
//!
//! It is no validator: what it does not need to read it only skips, and the provider's parser has the last
//! word on it. What it does promise: a field it reports is the one that any parser will see. A name that comes
//! twice, or again in other letter case (some parsers do not care), is refused, however it is escaped.

use std::borrow::Cow;
use std::ops::Range;

use super::block::{BLOCK, brackets};
use super::marks::Marks;
use super::strings::Strings;

/// Deepest nesting that is followed.
pub const DEPTH_MAX: u32 = 128;
/// Longest field text that is kept; of a longer one only the place is known.
pub const FIELD_BYTES_MAX: usize = 4096;
/// Longest key that can match: every letter of a wanted name may be written as a six-byte escape.
const KEY_BYTES_MAX: usize = 256;
/// Blocks that are skipped before it is looked what the strings in them begin with.
const STRETCH: usize = 16;

/// A field that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Where its value stands, counted from the first byte of the body.
    pub span: Range<usize>,
    /// The value's own bytes, if they are at most [`FIELD_BYTES_MAX`].
    pub text: Option<Vec<u8>>,
    /// It is `null`.
    pub is_null: bool,
    /// It is an array.
    pub is_list: bool,
}

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The body is empty, or its first value is no object.
    NotAnObject,
    /// Not JSON, noticed at this byte.
    Malformed(usize),
    /// The body ended inside the object.
    Truncated,
    /// Something follows the object.
    TrailingBytes(usize),
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// The wanted field at this place of the list comes twice.
    Repeated(usize),
    /// The wanted field at this place of the list is spelt in other letter case.
    OtherCase(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    BeforeRoot,
    FirstKey,
    NextKey,
    InKey,
    Colon,
    BeforeValue,
    InString,
    InContainer,
    InScalar,
    AfterValue,
    Done,
}

/// The scan between two pieces.
#[derive(Debug)]
pub struct ObjectScan {
    wanted: Cow<'static, [&'static str]>,
    /// Of so many of them the text is kept, of the others only the place.
    texts: usize,
    fields: Vec<Option<Field>>,
    state: State,
    /// Bytes seen before the current piece.
    seen: usize,
    key: Vec<u8>,
    is_key_escaped: bool,
    /// The last byte of the key so far was a backslash that escapes the next.
    escapes_next: bool,
    /// Inside a string or container: what the next block has to know of those before.
    strings: Strings,
    depth: u32,
    /// The wanted field whose value is being read.
    current: Option<usize>,
    /// The first byte of that value.
    opening: u8,
    /// What strings within values begin with.
    marks: Marks,
}

impl ObjectScan {
    /// Looks for the `wanted` names, which are lower-case ASCII.
    pub fn new(wanted: &'static [&'static str]) -> Self {
        Self::with(Cow::Borrowed(wanted), wanted.len())
    }

    /// Looks for names that are known only now; of those behind the first `texts` only the place is told.
    pub fn of(wanted: Vec<&'static str>, texts: usize) -> Self {
        Self::with(Cow::Owned(wanted), texts)
    }

    fn with(wanted: Cow<'static, [&'static str]>, texts: usize) -> Self {
        Self {
            fields: vec![None; wanted.len()],
            wanted,
            texts,
            state: State::BeforeRoot,
            seen: 0,
            key: Vec::new(),
            is_key_escaped: false,
            escapes_next: false,
            strings: Strings::default(),
            depth: 0,
            current: None,
            opening: 0,
            marks: Marks::default(),
        }
    }

    /// Looks for strings within values, too, that begin with one of these.
    #[must_use]
    pub fn marking(mut self, marks: &'static [[u8; 4]]) -> Self {
        self.marks = Marks::of(marks);
        self
    }

    /// Whether a string within a value began with the mark of that place.
    pub fn has_mark(&self, place: usize) -> bool {
        self.marks.has(place)
    }

    /// Makes it ready for another body, and keeps its memory.
    pub fn reset(&mut self) {
        self.fields.fill(None);
        self.state = State::BeforeRoot;
        self.seen = 0;
        self.key.clear();
        self.is_key_escaped = false;
        self.escapes_next = false;
        self.strings = Strings::default();
        self.depth = 0;
        self.current = None;
        self.marks.reset();
    }

    /// Whether `text` has the outline of one whole object: its strings and brackets end where it ends, and not before.
    /// What stands between them is not read, which makes this several times as fast. Reset the scan behind it.
    pub fn has_outline(&mut self, text: &[u8]) -> bool {
        let Some(inside) = text.strip_prefix(b"{") else { return false };
        if !matches!(inside.trim_ascii_start().first(), Some(b'"' | b'}')) {
            return false;
        }
        self.strings = Strings::default();
        self.depth = 1;
        self.state = State::InContainer;
        self.skip_container(text, 1) == Ok(text.len()) && self.state == State::AfterValue
    }

    /// Reads the next piece.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Flaw> {
        let mut at = 0;
        while at < piece.len() {
            let began = at;
            at = match self.state {
                State::InString => self.skip_string(piece, at),
                State::InContainer => self.skip_container(piece, at)?,
                State::InScalar => self.skip_scalar(piece, at),
                State::InKey => {
                    at = self.read_key(piece, at)?;
                    continue;
                }
                _ => {
                    at = self.step(piece[at], at)?;
                    continue;
                }
            };
            if let Some(field) = self.current {
                self.keep(field, &piece[began..at], at);
            }
        }
        self.seen += piece.len();
        Ok(())
    }

    /// Says whether the object is whole, and hands out the found fields in the order they were wanted.
    pub fn finish(self) -> Result<Vec<Option<Field>>, Flaw> {
        match self.state {
            State::Done => Ok(self.fields),
            State::BeforeRoot => Err(Flaw::NotAnObject),
            _ => Err(Flaw::Truncated),
        }
    }

    /// Whether the object is whole.
    pub fn is_whole(&self) -> bool {
        self.state == State::Done
    }

    /// What has been found so far; a value whose end has not come is none, for half a number is another number.
    pub fn field(&self, place: usize) -> Option<&Field> {
        self.fields[place].as_ref().filter(|_| self.current != Some(place))
    }

    /// Reads one byte between keys and values.
    fn step(&mut self, byte: u8, at: usize) -> Result<usize, Flaw> {
        let place = self.seen + at;
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            return Ok(at + 1);
        }
        self.state = match (self.state, byte) {
            (State::BeforeRoot, b'{') => State::FirstKey,
            (State::BeforeRoot, _) => return Err(Flaw::NotAnObject),
            (State::FirstKey | State::NextKey, b'"') => {
                self.key.clear();
                self.is_key_escaped = false;
                State::InKey
            }
            (State::FirstKey | State::AfterValue, b'}') => State::Done,
            (State::Colon, b':') => State::BeforeValue,
            (State::BeforeValue, _) => self.begin_value(byte, place)?,
            (State::AfterValue, b',') => State::NextKey,
            (State::Done, _) => return Err(Flaw::TrailingBytes(place)),
            _ => return Err(Flaw::Malformed(place)),
        };
        Ok(at + 1)
    }

    fn begin_value(&mut self, byte: u8, place: usize) -> Result<State, Flaw> {
        let state = match byte {
            b'"' => State::InString,
            b'{' | b'[' => {
                self.depth = 1;
                State::InContainer
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => State::InScalar,
            _ => return Err(Flaw::Malformed(place)),
        };
        self.strings = Strings::default();
        if let Some(field) = self.current {
            self.opening = byte;
            let text = (field < self.texts).then(Vec::new);
            let (is_null, is_list) = (byte == b'n', byte == b'[');
            self.fields[field] = Some(Field { span: place..place + 1, text, is_null, is_list });
        }
        Ok(state)
    }

    /// Reads a key up to its closing quote, and decides whether it is wanted.
    fn read_key(&mut self, piece: &[u8], from: usize) -> Result<usize, Flaw> {
        let mut at = from;
        while at < piece.len() {
            if self.escapes_next {
                self.escapes_next = false;
                self.keep_key(&piece[at..=at]);
                at += 1;
                continue;
            }
            let rest = &piece[at..];
            let plain = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            if rest.get(plain) == Some(&b'"') {
                // Nearly every key is plain and in one piece: it is matched where it stands.
                self.current = if self.key.is_empty() {
                    self.match_plain(&rest[..plain])?
                } else {
                    self.keep_key(&rest[..plain]);
                    self.match_key(self.seen + at + plain)?
                };
                self.state = State::Colon;
                return Ok(at + plain + 1);
            }
            self.keep_key(&rest[..plain]);
            at += plain;
            if at < piece.len() {
                self.keep_key(b"\\");
                self.escapes_next = true;
                self.is_key_escaped = true;
                at += 1;
            }
        }
        Ok(at)
    }

    fn keep_key(&mut self, more: &[u8]) {
        let room = KEY_BYTES_MAX - self.key.len();
        self.key.extend_from_slice(&more[..more.len().min(room)]);
    }

    fn match_key(&self, end: usize) -> Result<Option<usize>, Flaw> {
        if self.key.len() == KEY_BYTES_MAX {
            return Ok(None);
        }
        if !self.is_key_escaped {
            return self.match_plain(&self.key);
        }
        let quoted = [b"\"", self.key.as_slice(), b"\""].concat();
        // A laxer parser than ours might read a wanted name out of escapes that do not exist.
        let text = serde_json::from_slice::<String>(&quoted).map_err(|_| Flaw::Malformed(end))?;
        self.match_plain(text.as_bytes())
    }

    fn match_plain(&self, key: &[u8]) -> Result<Option<usize>, Flaw> {
        let is_key = |name: &&str| name.len() == key.len() && key.eq_ignore_ascii_case(name.as_bytes());
        let Some(place) = self.wanted.iter().position(is_key) else {
            return Ok(None);
        };
        if key != self.wanted[place].as_bytes() {
            return Err(Flaw::OtherCase(place));
        }
        if self.fields[place].is_some() {
            return Err(Flaw::Repeated(place));
        }
        Ok(Some(place))
    }

    /// Adds value bytes to a field and moves its end.
    fn keep(&mut self, field: usize, bytes: &[u8], at: usize) {
        let is_over = !matches!(self.state, State::InString | State::InContainer | State::InScalar);
        if let Some(field) = &mut self.fields[field] {
            field.span.end = self.seen + at;
            if field.span.len() > FIELD_BYTES_MAX {
                field.text = None;
            }
            if let Some(text) = &mut field.text {
                if text.is_empty() {
                    text.reserve_exact(bytes.len() + 1);
                    text.push(self.opening);
                }
                text.extend_from_slice(bytes);
            }
        }
        if is_over {
            self.current = None;
        }
    }

    fn skip_scalar(&mut self, piece: &[u8], from: usize) -> usize {
        let ends = |byte: &u8| {
            matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'{' | b'[' | b':')
        };
        match piece[from..].iter().position(ends) {
            Some(length) => {
                self.state = State::AfterValue;
                from + length
            }
            None => piece.len(),
        }
    }

    fn skip_string(&mut self, piece: &[u8], from: usize) -> usize {
        let mut strings = self.strings;
        let mut at = from;
        while at < piece.len() {
            let padded;
            let rest = &piece[at..];
            let (block, length) = match rest.first_chunk() {
                Some(block) => (block, BLOCK),
                None => {
                    padded = padded_block(rest);
                    (&padded, rest.len())
                }
            };
            let closing = strings.quotes(block, length);
            if closing != 0 {
                self.state = State::AfterValue;
                return at + closing.trailing_zeros() as usize + 1;
            }
            at += length;
        }
        self.strings = strings;
        at
    }

    fn skip_container(&mut self, piece: &[u8], from: usize) -> Result<usize, Flaw> {
        self.marks.go_on(&piece[from..]);
        let mut at = from;
        while at < piece.len() && self.state == State::InContainer {
            let mut begins = [0; STRETCH];
            let began = at;
            at = self.skip_blocks(piece, began, &mut begins)?;
            self.marks.look(piece, began, &begins);
        }
        Ok(at)
    }

    /// Skips a stretch of blocks, or up to the container's end, and tells where in each strings begin. Nothing is called from this
    /// loop: what it compares with stays in registers.
    #[inline(never)]
    fn skip_blocks(&mut self, piece: &[u8], from: usize, begins: &mut [u64; STRETCH]) -> Result<usize, Flaw> {
        let mut strings = self.strings;
        let mut at = from;
        for seen in begins {
            let padded;
            let rest = &piece[at..];
            let (block, length) = match rest.first_chunk() {
                Some(block) => (block, BLOCK),
                None if rest.is_empty() => break,
                None => {
                    padded = padded_block(rest);
                    (&padded, rest.len())
                }
            };
            let (quotes, inside) = strings.inside(block, length);
            *seen = quotes & inside;
            if inside != u64::MAX {
                let (opens, closes) = brackets(block);
                if let Some(length) = self.follow(opens & !inside, closes & !inside)? {
                    // Behind its end is not within it, wherever the pieces are cut.
                    *seen &= up_to(length);
                    self.state = State::AfterValue;
                    return Ok(at + length);
                }
            }
            at += length;
        }
        self.strings = strings;
        Ok(at)
    }

    /// Moves the depth over one block; returns how many bytes of it belong to the container if it ends here.
    fn follow(&mut self, opens: u64, closes: u64) -> Result<Option<usize>, Flaw> {
        let (opened, closed) = (opens.count_ones(), closes.count_ones());
        if closed < self.depth && self.depth + opened <= DEPTH_MAX {
            self.depth = self.depth + opened - closed;
            return Ok(None);
        }
        let mut marks = opens | closes;
        while marks != 0 {
            let bit = marks.trailing_zeros();
            marks &= marks - 1;
            if opens >> bit & 1 == 1 {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(Flaw::TooDeep);
                }
            } else {
                self.depth -= 1;
                if self.depth == 0 {
                    return Ok(Some(bit as usize + 1));
                }
            }
        }
        Ok(None)
    }
}

/// One bit for each of the first `length` bytes of a block.
const fn up_to(length: usize) -> u64 {
    u64::MAX >> (BLOCK - length)
}

/// The last bytes of a piece as a block.
fn padded_block(rest: &[u8]) -> [u8; BLOCK] {
    let mut padded = [b' '; BLOCK];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

#[cfg(test)]
mod tests {
    use super::{DEPTH_MAX, FIELD_BYTES_MAX, Field, Flaw, ObjectScan};

    const WANTED: &[&str] = &["model", "stream", "usage"];

    fn scan(pieces: &[&[u8]]) -> Result<Vec<Option<Field>>, Flaw> {
        let mut scan = ObjectScan::new(WANTED);
        for piece in pieces {
            scan.feed(piece)?;
        }
        scan.finish()
    }

    #[test]
    fn a_used_scan_is_as_good_as_a_new_one() {
        let mut scan = ObjectScan::new(WANTED);
        for spoilt in ["{\"model\":\"a", "{\"x\":[[", "{\"\\", "[", "{\"usage\":1}"] {
            let _ = scan.feed(spoilt.as_bytes());
            scan.reset();
            scan.feed(b"{\"model\":\"m\"}").unwrap();
            assert!(scan.is_whole() && scan.field(2).is_none(), "{spoilt}");
            assert_eq!(scan.field(0).and_then(|field| field.text.as_deref()), Some(&b"\"m\""[..]));
            scan.reset();
        }
    }

    #[test]
    fn the_outline_of_an_object_is_seen() {
        let mut scan = ObjectScan::new(WANTED);
        for sound in ["{}", "{ }", "{\"a\":1}", "{\"a\":[{\"b\":\"}\\\"]\"}]}", "{\n\"a\":{}\n}"] {
            assert!(scan.has_outline(sound.as_bytes()), "{sound}");
        }
        let long = format!("{{\"a\":\"{}\",\"b\":[[[{{}}]]]}}", "x[\\\"".repeat(100));
        assert!(scan.has_outline(long.as_bytes()));
        for cut in 0..long.len() {
            assert!(!scan.has_outline(&long.as_bytes()[..cut]), "cut at {cut}");
        }
        for broken in ["", "[]", "null", "{x}", "{}{}", "{} ", "{\"a\":1}}", "{\"a\":\"}", "{\"a\":[}"] {
            assert!(!scan.has_outline(broken.as_bytes()), "{broken}");
        }
    }

    /// Scans whole and cut at every place; all must agree.
    fn check(body: &str, expected: Result<[Option<&str>; 3], Flaw>) {
        for cut in 0..=body.len() {
            let (left, right) = body.as_bytes().split_at(cut);
            let found = scan(&[left, right]);
            let texts = found.as_ref().map_err(|flaw| *flaw).map(|fields| {
                [0, 1, 2].map(|place| {
                    let field = fields[place].as_ref()?;
                    let text = std::str::from_utf8(field.text.as_deref().unwrap()).unwrap();
                    assert_eq!(text, &body[field.span.clone()], "{body} cut at {cut}");
                    Some(text)
                })
            });
            assert_eq!(texts, expected, "{body} cut at {cut}");
        }
    }

    #[test]
    fn fields_are_found_wherever_the_body_is_cut() {
        check("{}", Ok([None; 3]));
        check(" {\"model\" : \"a\\\"b\" , \"stream\":true}\n", Ok([Some("\"a\\\"b\""), Some("true"), None]));
        check(
            "{\"messages\":[{\"model\":\"no\"}],\"usage\":{\"a\":[1,\"}\"]}}",
            Ok([None, None, Some("{\"a\":[1,\"}\"]}")]),
        );
        check("{\"x\":\"\\\\\",\"model\":\"m\"}", Ok([Some("\"m\""), None, None]));
        check("{\"mod\\u0065l\":\"m\",\"temperature\":1e-7}", Ok([Some("\"m\""), None, None]));
        check("{\"a\":[\"\\\\\",\"\\\"]\",{\"b\":[]}],\"stream\":null}", Ok([None, Some("null"), None]));
    }

    #[test]
    fn doubtful_bodies_are_refused() {
        check("", Err(Flaw::NotAnObject));
        check("[1]", Err(Flaw::NotAnObject));
        check("null", Err(Flaw::NotAnObject));
        check("{\"model\":\"a\"", Err(Flaw::Truncated));
        check("{\"model\":\"a", Err(Flaw::Truncated));
        check("{\"model\":\"a\"} x", Err(Flaw::TrailingBytes(14)));
        check("{\"model\" \"a\"}", Err(Flaw::Malformed(9)));
        check("{\"model\":\"a\",}", Err(Flaw::Malformed(13)));
        check("{model:1}", Err(Flaw::Malformed(1)));
        check("{\"model\":NaN}", Err(Flaw::Malformed(9)));
        check("{\"model\":\"a\",\"mod\\el\":\"b\"}", Err(Flaw::Malformed(20)));
        check("{\"model\":\"a\",\"model\":\"b\"}", Err(Flaw::Repeated(0)));
        check("{\"model\":\"a\",\"\\u006dodel\":\"b\"}", Err(Flaw::Repeated(0)));
        check("{\"model\":\"a\",\"Stream\":true}", Err(Flaw::OtherCase(1)));
    }

    #[test]
    fn depth_is_bounded_exactly() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(scan(&[nested(DEPTH_MAX as usize).as_bytes()]).is_ok());
        assert_eq!(scan(&[nested(DEPTH_MAX as usize + 1).as_bytes()]), Err(Flaw::TooDeep));
        assert_eq!(scan(&[nested(100_000).as_bytes()]), Err(Flaw::TooDeep));
    }

    #[test]
    fn a_long_field_keeps_its_place_only() {
        let body = format!("{{\"model\":\"{}\"}}", "x".repeat(FIELD_BYTES_MAX));
        let fields = scan(&[body.as_bytes()]).unwrap();
        assert_eq!(fields[0], Some(Field { span: 9..body.len() - 1, ..Field::default() }));
    }
}
