//! Just enough Rust: which bytes are code, comment or literal; where functions and inline modules are.
//!
//! No parser: it knows strings, raw strings, characters, lifetimes, nested comments and brackets. That is
//! what the rules need, and it does not break when the language grows.

use std::ops::Range;

/// What a byte of the source belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    /// The line of its `fn`, from 1.
    pub(super) line: usize,
    /// Lines from its `fn` to its closing brace.
    pub(super) lines: usize,
    /// Bytes from its `fn` to its closing brace.
    pub(super) span: Range<usize>,
}

/// `mod name { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InlineModule {
    pub(super) is_test: bool,
    pub(super) span: Range<usize>,
}

/// A Rust file, split into code, comments and literals; all three keep every byte's place.
pub(super) struct RustSource {
    /// The code, with comments and the inside of literals blanked.
    pub(super) code: String,
    /// Comments alone, doc comments too.
    pub(super) comments: String,
    /// The inside of string literals alone.
    pub(super) literals: String,
    pub(super) functions: Vec<Function>,
    pub(super) inline_modules: Vec<InlineModule>,
    line_starts: Vec<usize>,
}

impl RustSource {
    pub(super) fn parse(text: &str) -> RustSource {
        let kinds = kinds(text.as_bytes());
        let code = only(text, &kinds, Kind::Code);
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut source = RustSource {
            comments: only(text, &kinds, Kind::Comment),
            literals: only(text, &kinds, Kind::Literal),
            functions: Vec::new(),
            inline_modules: inline_modules(&code),
            line_starts,
            code,
        };
        source.functions = functions(&source);
        source
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// Whether a byte lies in a `#[cfg(test)]` module.
    pub(super) fn is_test(&self, at: usize) -> bool {
        self.inline_modules.iter().any(|module| module.is_test && module.span.contains(&at))
    }

    /// All words of the code: identifiers, keywords, numbers.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        words(&self.code)
    }
}

/// Runs of letters, digits and `_`, each with its place.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        let start = rest + bytes[rest..].iter().position(|byte| is_word_byte(*byte))?;
        let length =
            bytes[start..].iter().position(|byte| !is_word_byte(*byte)).unwrap_or(bytes.len() - start);
        rest = start + length;
        Some((start, &text[start..rest]))
    })
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn only(text: &str, kinds: &[Kind], wanted: Kind) -> String {
    let kept = text.bytes().zip(kinds).map(|(byte, kind)| match byte {
        b'\n' => byte,
        _ if *kind == wanted => byte,
        _ => b' ',
    });
    String::from_utf8(kept.collect()).expect("a character's bytes are all kept or all blanked")
}

/// The kind of every byte; the quotes around a literal count as code.
fn kinds(text: &[u8]) -> Vec<Kind> {
    let mut kinds = vec![Kind::Code; text.len()];
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let is_word_start = at == 0 || !is_word_byte(text[at - 1]);
        let (inside, next) = match rest[0] {
            b'/' if rest.starts_with(b"//") => {
                let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                (Some((Kind::Comment, at..end)), end)
            }
            b'/' if rest.starts_with(b"/*") => {
                let end = at + block_comment_bytes(rest);
                (Some((Kind::Comment, at..end)), end)
            }
            b'"' => {
                let end = at + 1 + quoted_bytes(&rest[1..], b'"');
                (Some((Kind::Literal, at + 1..end)), end + 1)
            }
            b'r' | b'b' | b'c' if is_word_start && raw_string(rest).is_some() => {
                let (open, inside) = raw_string(rest).expect("just seen");
                // After the content come the quote and as many `#` as before it.
                let end = at + open + inside;
                (Some((Kind::Literal, at + open..end)), end + 1)
            }
            b'\'' => match char_literal_bytes(rest) {
                Some(bytes) => (Some((Kind::Literal, at + 1..at + bytes - 1)), at + bytes),
                None => (None, at + 1),
            },
            _ => (None, at + 1),
        };
        if let Some((kind, span)) = inside {
            let end = span.end.min(text.len());
            kinds[span.start..end].fill(kind);
        }
        at = next;
    }
    kinds
}

fn block_comment_bytes(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

/// Bytes up to the closing quote, which is not escaped.
fn quoted_bytes(rest: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at.min(rest.len())
}

/// For `r"…"`, `br#"…"#` and their like: bytes before the content, and bytes of the content.
fn raw_string(rest: &[u8]) -> Option<(usize, usize)> {
    let prefix = rest.iter().take_while(|byte| matches!(byte, b'b' | b'c')).count();
    let hashes = rest.get(prefix + 1..)?.iter().take_while(|byte| **byte == b'#').count();
    let open = prefix + 1 + hashes + 1;
    if prefix > 1 || rest.get(prefix) != Some(&b'r') || rest.get(open - 1) != Some(&b'"') {
        return None;
    }
    let close = [&b"\""[..], &b"#".repeat(hashes)].concat();
    let inside = rest[open..].windows(close.len()).position(|window| window == close);
    Some((open, inside.unwrap_or(rest.len() - open)))
}

/// Bytes of a character literal at a `'`; none if that begins a lifetime or a label.
fn char_literal_bytes(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return Some((1 + quoted_bytes(&rest[1..], b'\'') + 1).min(rest.len()));
    }
    let first = std::str::from_utf8(&rest[1..rest.len().min(5)])
        .unwrap_or_else(|error| {
            let valid = &rest[1..1 + error.valid_up_to()];
            std::str::from_utf8(valid).expect("valid up to there")
        })
        .chars()
        .next()?;
    (rest.get(1 + first.len_utf8()) == Some(&b'\'')).then_some(2 + first.len_utf8())
}

/// From an opening brace to just after the one that closes it.
fn braced(code: &str, open: usize) -> Range<usize> {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return open..at + 1;
        }
    }
    open..code.len()
}

fn functions(source: &RustSource) -> Vec<Function> {
    let mut found = Vec::new();
    let mut words = source.words().peekable();
    while let Some((at, word)) = words.next() {
        // `fn` without a name is a pointer's type.
        let Some((name_at, name)) = words.peek().copied().filter(|_| word == "fn") else { continue };
        if !source.code[at + 2..name_at].bytes().all(|byte| byte.is_ascii_whitespace() || byte == b'#') {
            continue;
        }
        let Some(open) = body_start(&source.code, name_at) else { continue };
        let span = at..braced(&source.code, open).end;
        let (line, last) = (source.line(at), source.line(span.end - 1));
        found.push(Function { name: name.into(), line, lines: last - line + 1, span });
    }
    found
}

/// The brace that opens a function's body; none for a declaration, which ends in `;`.
fn body_start(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn inline_modules(code: &str) -> Vec<InlineModule> {
    let mut found = Vec::new();
    for (at, word) in words(code) {
        if word != "mod" {
            continue;
        }
        let Some(open) = body_start(code, at) else { continue };
        found.push(InlineModule {
            is_test: attributes_before(code, at).contains("cfg(test)"),
            span: at..braced(code, open).end,
        });
    }
    found
}

/// The attributes and visibility that stand before an item, without spaces.
fn attributes_before(code: &str, at: usize) -> String {
    let start = code[..at].rfind(['{', '}', ';']).map_or(0, |before| before + 1);
    code[start..at].split_whitespace().collect()
}

#[cfg(test)]
mod tests;
