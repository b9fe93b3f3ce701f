//! Which paths a Rust file names: its `use` trees, and `crate::…`, `super::…`, `self::…` in its code.
//!
//! Paths come out as they stand, one for each leaf of a tree; what they lead to is for the asker.

use super::rust_source::{RustSource, words};

/// One path as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    /// The name it gets here, if a `use` gives it one: its last segment, the word after `as`, or `*`.
    pub(super) alias: Option<String>,
    /// Where its tree begins.
    pub(super) at: usize,
    /// It stands in a `pub use` of any visibility.
    pub(super) is_reexport: bool,
}

/// Names of the modules the file declares as files of their own: `mod name;`.
pub(super) fn declared_modules(source: &RustSource) -> Vec<String> {
    let is_declared = |at: usize, name: &str| {
        let after = source.code[at + name.len()..].trim_start();
        source.code[..at].trim_end().ends_with("mod") && after.starts_with(';')
    };
    source.words().filter(|(at, name)| is_declared(*at, name)).map(|(_, name)| name.to_owned()).collect()
}

/// Every path the file names outside its test modules.
pub(super) fn paths(source: &RustSource) -> Vec<Path> {
    let own_modules = declared_modules(source);
    let mut found = Vec::new();
    let mut done = 0;
    for (at, word) in source.words() {
        if at < done || source.is_test(at) {
            continue;
        }
        let mut reader = Reader { code: &source.code, at, found: Vec::new() };
        if word == "use" {
            reader.at += word.len();
            reader.tree(&[]);
            let is_reexport = is_public(&source.code[..at]);
            found.extend(reader.found.into_iter().map(|leaf| Path { at, is_reexport, ..leaf }));
        } else if is_path_start(&source.code, at, word, &own_modules) {
            reader.tree(&[]);
            found.extend(reader.found.into_iter().map(|leaf| Path { at, alias: None, ..leaf }));
        } else {
            continue;
        }
        done = reader.at;
    }
    found
}

fn is_path_start(code: &str, at: usize, word: &str, own_modules: &[String]) -> bool {
    let (before, after) = (code[..at].trim_end(), code[at + word.len()..].trim_start());
    let is_root = matches!(word, "crate" | "self" | "super") || own_modules.iter().any(|own| own == word);
    // `pub(in crate::a)` says who may see, it takes nothing from there.
    let is_visibility = before.ends_with("(in");
    is_root && after.starts_with("::") && !before.ends_with("::") && !before.ends_with('.') && !is_visibility
}

/// Whether what stands before a `use` makes it public: `pub`, or `pub(…)`.
fn is_public(before: &str) -> bool {
    let statement = before.rfind([';', '{', '}', ']']).map_or(before, |end| &before[end + 1..]);
    words(statement).any(|(_, word)| word == "pub")
}

/// Reads one tree: `a::{b, c::d as e, f::*}`.
struct Reader<'a> {
    code: &'a str,
    at: usize,
    found: Vec<Path>,
}

impl Reader<'_> {
    fn tree(&mut self, prefix: &[String]) {
        let mut segments = prefix.to_vec();
        loop {
            if self.takes("{") {
                while !self.takes("}") && self.at < self.code.len() {
                    let before = self.at;
                    self.tree(&segments);
                    // What is no tree ends the reading, or it would never end.
                    if !self.takes(",") && self.at == before {
                        self.at = self.code.len();
                    }
                }
                return;
            }
            if self.takes("*") {
                return self.leaf(segments, Some("*".into()));
            }
            let Some(segment) = self.word() else { return };
            segments.push(segment);
            if !self.takes("::") {
                break;
            }
            // `a::b::<C>()`: a path in code ends before its parameters.
            if self.rest().starts_with('<') {
                break;
            }
        }
        let mut alias = segments.last().cloned();
        if self.rest().starts_with("as ") {
            self.word();
            alias = self.word();
        }
        // `use a::{self}` names `a` itself.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
            alias = alias.filter(|alias| alias != "self").or_else(|| segments.last().cloned());
        }
        self.leaf(segments, alias);
    }

    fn leaf(&mut self, segments: Vec<String>, alias: Option<String>) {
        self.found.push(Path { segments, alias, at: 0, is_reexport: false });
    }

    fn rest(&self) -> &str {
        self.code.get(self.at..).unwrap_or_default().trim_start()
    }

    fn skip_space(&mut self) {
        self.at = self.code.len() - self.rest().len();
    }

    fn takes(&mut self, token: &str) -> bool {
        self.skip_space();
        let is_there = self.rest().starts_with(token);
        self.at += if is_there { token.len() } else { 0 };
        is_there
    }

    fn word(&mut self) -> Option<String> {
        // A path that begins with `::` means another crate.
        self.takes("::");
        self.skip_space();
        let (start, word) = words(self.rest()).next().filter(|(start, _)| *start == 0)?;
        let word = word.to_owned();
        self.at += start + word.len();
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let source = RustSource::parse(text);
        let found: Vec<String> = paths(&source)
            .iter()
            .map(|path| {
                let kind = if path.is_reexport { "pub " } else { "" };
                let alias = path.alias.as_ref().map(|alias| format!(" as {alias}")).unwrap_or_default();
                format!("{kind}{}{alias}", path.segments.join("::"))
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn use_trees_are_unfolded() {
        check("use crate::a::B;", &["crate::a::B as B"]);
        check(
            "use crate::{a::{self, B}, c as d, e::*};\nuse std::fs;",
            &["crate::a as a", "crate::a::B as B", "crate::c as d", "crate::e as *", "std::fs as fs"],
        );
        check("pub(crate) use a::{\n    B,\n    C,\n};", &["pub a::B as B", "pub a::C as C"]);
        check("pub fn f() {}\nuse super::g;", &["super::g as g"]);
    }

    #[test]
    fn paths_in_code_are_found() {
        check(
            "fn f() { crate::a::b::<u8>(super::c::D { x: 1 }, self::e()) }",
            &["crate::a::b", "super::c::D", "self::e"],
        );
        check("mod a;\nconst A: u8 = a::B;\nlet x = self.a;", &["a::B"]);
        check("pub(in crate::a) const B: u8 = std::mem::size_of::<u8>();", &[]);
        check("#[cfg(test)]\nmod tests { use crate::a; }", &[]);
    }

    #[test]
    fn broken_text_ends() {
        for text in ["use crate::{", "use crate::{a::{b", "use ;", "use crate::{!};", "crate::"] {
            paths(&RustSource::parse(text));
        }
    }
}
