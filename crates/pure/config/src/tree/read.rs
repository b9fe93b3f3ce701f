//! Text to tree: syntax, bounds and duplicate keys. JSON needs no other reader, because it is YAML.

use std::collections::HashSet;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{NonFiniteFloatPolicy, RenderOptions, SnippetMode, Spanned, UserMessageFormatter};

use super::{Key, Node, Value};
use crate::problem::{Place, Report};
use crate::shown;

/// Largest file.
pub(crate) const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Deepest nesting of lists and mappings; ours needs six.
const DEPTH_MAX: usize = 32;
/// Most values, also counting what anchors repeat: a few lines of nested anchors can stand for billions.
const VALUES_MAX: usize = 200_000;

/// Whether a text says nothing, comments aside.
pub fn is_blank(text: &str) -> bool {
    without_mark(text).lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// A byte order mark is what some editors write first.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads the text; a fault of syntax is one problem with line and column.
pub(crate) fn read(text: &str, report: &mut Report) -> Option<Node> {
    if text.len() > FILE_BYTES_MAX {
        let message =
            format!("the file has {} bytes, more than the {FILE_BYTES_MAX} that are read", text.len());
        report.add_at(None, message, None);
        return None;
    }
    // An empty file is a file without settings.
    if is_blank(text) {
        return Some(Value::Map(Vec::new()).into());
    }
    let text = without_mark(text);
    match serde_saphyr::from_str_with_options::<Spanned<Value>>(text, options()) {
        Ok(spanned) => {
            let root = Node::from(spanned);
            let Some(key) = twice(&root) else { return Some(root) };
            let (message, hint) = stands_twice(Some(&key.text));
            report.add_at(key.place, message, hint);
            None
        }
        Err(error) => {
            let place = error.location().map(place);
            let (message, hint) = explain(&error, text, place);
            report.add_at(place, message, hint);
            None
        }
    }
}

fn options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_events: 2 * VALUES_MAX,
            max_nodes: VALUES_MAX,
            max_documents: 2,
        },
        // Only `true` and `false`: the region `no` is Norway.
        strict_booleans: true,
        // A snippet would show the lines around a fault, and a credential may stand there.
        with_snippet: false,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
    };
    options.alias_limits.max_total_replayed_events = VALUES_MAX;
    options
}

/// The first key that stands twice: the parser sees that itself, but takes a key with a tag for another key.
fn twice(node: &Node) -> Option<&Key> {
    match &node.value {
        Value::List(list) => list.iter().find_map(twice),
        Value::Map(map) => {
            let mut seen = HashSet::new();
            map.iter().find_map(
                |(key, value)| {
                    if seen.insert(key.text.as_str()) { twice(value) } else { Some(key) }
                },
            )
        }
        _ => None,
    }
}

fn stands_twice(key: Option<&str>) -> (String, Option<String>) {
    let key = key.map_or("…", shown::key);
    (format!("the key {key} stands twice in one mapping"), Some("keep one of them".to_owned()))
}

fn explain(error: &serde_saphyr::Error, text: &str, place: Option<Place>) -> (String, Option<String>) {
    use serde_saphyr::Error;
    match error {
        Error::DuplicateMappingKey { key, .. } => return stands_twice(key.as_deref()),
        Error::MultipleDocuments { .. } => {
            return ("takes one YAML document".to_owned(), Some("remove the line ---".to_owned()));
        }
        _ => {}
    }
    let mut plain = RenderOptions::new(&UserMessageFormatter);
    plain.snippets = SnippetMode::Off;
    let rendered = error.render_with_options(plain);
    // The place stands in the problem itself.
    let message = rendered.split(" at line ").next().unwrap_or(&rendered).trim_end();
    let line = place.and_then(|place| text.lines().nth(usize::try_from(place.line).ok()?.checked_sub(1)?));
    let hint = line.and_then(|line| {
        let indent = line.len() - line.trim_start().len();
        line[..indent].contains('\t').then(|| "indent with spaces; YAML takes no tabs".to_owned())
    });
    (format!("not valid YAML: {message}"), hint)
}

fn place(location: serde_saphyr::Location) -> Place {
    Place { line: location.line(), column: location.column() }
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        Self { value: spanned.value, place: Some(place(spanned.referenced)) }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = access.next_element::<Spanned<Value>>()? {
            list.push(item.into());
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = access.next_key::<Spanned<String>>()? {
            let place = Some(place(key.referenced));
            map.push((Key { text: key.value, place }, access.next_value::<Spanned<Value>>()?.into()));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE_BYTES_MAX, read};
    use crate::problem::{Place, Report};
    use crate::tree::Value;

    #[track_caller]
    fn fault(text: &str) -> (String, Option<Place>) {
        let mut report = Report::new(Some("f"));
        assert_eq!(read(text, &mut report), None, "{text}");
        let problems = report.finish().unwrap_err();
        assert_eq!(problems.len(), 1);
        (problems[0].to_string(), problems[0].place)
    }

    #[test]
    fn values_know_their_place_and_keys_their_order() {
        let node = read("b: no\na: [1, -2, 2.5, null, true]\n", &mut Report::default()).unwrap();
        let Value::Map(map) = node.value else { panic!() };
        assert_eq!(map[0].0.text, "b");
        assert_eq!(map[0].1.value, Value::Text("no".into()));
        assert_eq!(map[1].0.place, Some(Place { line: 2, column: 1 }));
        let Value::List(list) = &map[1].1.value else { panic!() };
        let values: Vec<_> = list.iter().map(|node| node.value.clone()).collect();
        assert_eq!(
            values,
            [Value::Integer(1), Value::Integer(-2), Value::Float(2.5), Value::Null, Value::Bool(true)]
        );
        assert_eq!(list[1].place, Some(Place { line: 2, column: 8 }));
    }

    #[test]
    fn nothing_is_a_file_without_settings() {
        for text in ["", "\n\n", "# only a comment\n", "\u{feff}", "  \r\n# x\r\n"] {
            assert_eq!(
                read(text, &mut Report::default()).map(|node| node.value),
                Some(Value::Map(Vec::new())),
                "{text:?}"
            );
        }
    }

    #[test]
    fn faults_of_syntax_have_a_place_and_show_no_value() {
        for (text, line, message) in [
            ("a: [1, 2\n", 1, "unclosed bracket"),
            ("a: 1\n  b: sk-secret-secret\n", 2, "mapping values are not allowed"),
            ("a: 1\na: sk-secret-secret\n", 2, "the key a stands twice"),
            ("keys:\n\tprefix: sk-secret-secret\n", 2, "tabs"),
            ("{ a: { b: 1,\n ! b: sk-secret-secret } }", 2, "the key b stands twice"),
            ("a: *nowhere\n", 1, "unknown value"),
            ("a: \"sk-secret-secret\n", 2, "quoted scalar"),
            ("a: 1\n---\nb: 2\n", 3, "one YAML document"),
            ("{\"a\": 1,, }", 1, "not valid YAML"),
            ("? [a]\n: b\n", 1, "not valid YAML"),
            ("a: !!int sk-secret-secret\n", 1, "not valid YAML"),
        ] {
            let (shown, place) = fault(text);
            assert!(!shown.contains("sk-secret"), "{shown}");
            assert!(shown.contains(message) && !shown.contains(" at line "), "{shown}");
            assert_eq!(place.map(|place| place.line), Some(line), "{text:?}: {shown}");
        }
        assert!(fault("keys:\n\tprefix: x\n").0.contains("indent with spaces"));
    }

    #[test]
    fn input_is_bounded_in_size_depth_and_repetition() {
        assert!(fault(&" ".repeat(FILE_BYTES_MAX + 1)).0.contains("bytes"));
        fault(&"[".repeat(100_000));
        fault(&"- ".repeat(100_000));
        let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (name, before) in "bcdefghi".chars().zip("abcdefgh".chars()) {
            let repeated = format!("*{before}, ").repeat(9);
            bomb.push_str(&format!("{name}: &{name} [{repeated}*{before}]\n"));
        }
        fault(&bomb);
    }
}
