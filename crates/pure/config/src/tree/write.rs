//! Tree to text: plain YAML that a person would write, and that the reader takes back as the same tree.

use super::{Key, Node, Value};

/// Writes a tree with a newline at its end; an empty mapping at the top is an empty text.
pub fn write(root: &Node) -> String {
    let mut text = String::new();
    match &root.value {
        Value::Map(map) => entries(&mut text, map, 0),
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
    text
}

fn entries(text: &mut String, map: &[(Key, Node)], depth: usize) {
    for (key, node) in map {
        indent(text, depth);
        entry(text, key, node, depth);
    }
}

fn entry(text: &mut String, key: &Key, node: &Node, depth: usize) {
    text.push_str(&word(&key.text));
    text.push(':');
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            text.push('\n');
            entries(text, map, depth + 1);
        }
        Value::List(list) if !list.is_empty() => {
            text.push('\n');
            for item in list {
                indent(text, depth + 1);
                text.push_str("- ");
                self::item(text, item, depth + 1);
            }
        }
        other => {
            text.push(' ');
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

/// An item of a list. The first entry of a mapping stands on the line of the dash.
fn item(text: &mut String, node: &Node, depth: usize) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (place, (key, node)) in map.iter().enumerate() {
                if place > 0 {
                    indent(text, depth + 1);
                }
                entry(text, key, node, depth + 1);
            }
        }
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// A value on one line. Lists in lists, which no section has, are written so as well.
fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => word(text),
        Value::List(list) => {
            format!("[{}]", list.iter().map(|node| scalar(&node.value)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let entry = |(key, node): &(Key, Node)| format!("{}: {}", word(&key.text), scalar(&node.value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as YAML: bare where that is sure to be read as the same text, else in quotes.
fn word(text: &str) -> String {
    // A letter first: what begins with a digit or a sign may be a number, a date or syntax.
    let begins_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@+".contains(&byte));
    let ends_as_key = text.ends_with(':');
    let has_other_meaning = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    if begins_plain && is_plain && !ends_as_key && !has_other_meaning {
        return text.to_owned();
    }
    // JSON's quoting is YAML's, too.
    serde_json::to_string(text).expect("a text can be written as JSON")
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::write;
    use crate::problem::Report;

    #[track_caller]
    fn check(text: &str, written: &str) {
        let mut report = Report::default();
        let tree = read(text, &mut report).expect("good YAML");
        assert_eq!(write(&tree), written);
        let again = read(written, &mut Report::default()).expect("what is written can be read");
        assert_eq!(write(&again), written, "and is the same");
    }

    #[test]
    fn what_is_written_reads_like_a_file_and_is_taken_back() {
        check("{a: {b: [1, 2], c: x}}", "a:\n  b:\n    - 1\n    - 2\n  c: x\n");
        check(
            "l: [{address: '127.0.0.1:4000', tls: {key: /k.pem}}, 7]",
            "l:\n  - address: \"127.0.0.1:4000\"\n    tls:\n      key: /k.pem\n  - 7\n",
        );
        check("{}", "");
        check("e: {m: {}, l: []}", "e:\n  m: {}\n  l: []\n");
        check(
            "q: ['true', '12', 'no', '', 'a b', \"x\\ny\", 'ü']",
            "q:\n  - \"true\"\n  - \"12\"\n  - \"no\"\n  - \"\"\n  - \"a b\"\n  - \"x\\ny\"\n  - \"ü\"\n",
        );
        check("k: {'gpt-4.1': a/b, '4o': 'env:X'}", "k:\n  gpt-4.1: a/b\n  \"4o\": env:X\n");
    }
}
