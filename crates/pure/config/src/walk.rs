//! Holds the tree against the schema and tells every misfit at once: unknown and missing keys, wrong types, numbers
//! out of range. What it hands back fits the schema, so that later checks can tell *their* problems in the same go.

use crate::key_path::KeyPath;
use crate::near::nearest;
use crate::problem::Report;
use crate::schema::Schema;
use crate::shown;
use crate::tree::{Key, Node, Value};

/// The tree made to fit: misfits are told, marked as broken in the report, and replaced or left out.
pub(crate) fn conform(root: Node, schema: Schema<'_>, report: &mut Report) -> Node {
    let mut walk = Walk { report };
    walk.value(root, schema, &KeyPath::default(), false).unwrap_or_else(|| neutral(schema))
}

struct Walk<'r> {
    report: &'r mut Report,
}

impl Walk<'_> {
    /// The value if it has a fitting shape; `None` if it was told and marked.
    fn value(&mut self, node: Node, schema: Schema<'_>, path: &KeyPath, is_secret: bool) -> Option<Node> {
        if let Some(place) = node.place {
            self.report.locate(path, place);
        }
        let is_secret = is_secret || schema.is_secret();
        let shapes = schema.shapes();
        let Some(shape) = shapes.iter().copied().find(|shape| fits(&node.value, *shape)) else {
            let found =
                if is_secret { shown::kind(&node.value).to_owned() } else { shown::value(&node.value) };
            let hint = type_hint(&node.value, &shapes, path, is_secret);
            return self.refuse(path, found, format!("must be {}", expectation(&shapes)), hint);
        };
        let Node { value, place } = node;
        let value = match value {
            Value::Map(map) => self.map(map, shape, path, is_secret)?,
            Value::List(list) => self.list(list, shape, path, is_secret)?,
            Value::Integer(number) => self.number(number, shape, path)?,
            Value::Text(text) => self.text(text, shape, path)?,
            other => other,
        };
        Some(Node { value, place })
    }

    fn map(
        &mut self,
        map: Vec<(Key, Node)>,
        shape: Schema<'_>,
        path: &KeyPath,
        is_secret: bool,
    ) -> Option<Value> {
        self.count(map.len(), shape, path, "maxProperties", "entries")?;
        let mut kept: Vec<(Key, Node)> = Vec::with_capacity(map.len());
        let mut meant = Vec::new();
        for (key, node) in map {
            let Some(under) = shape.under(&key.text) else {
                meant.extend(self.unknown(&key, shape, path));
                continue;
            };
            let path = path.key(&key.text);
            if let Some(place) = key.place {
                self.report.locate(&path, place);
            }
            match self.value(node, under, &path, is_secret) {
                Some(node) => kept.push((key, node)),
                // Something must stand here, or those who refer to it would complain too.
                None if shape.keys().next().is_none() || shape.required().any(|name| name == key.text) => {
                    kept.push((key, neutral(under)));
                }
                None => {}
            }
        }
        for name in shape.required() {
            if kept.iter().any(|(key, _)| key.text == name) {
                continue;
            }
            let path = path.key(name);
            if !meant.contains(&name) {
                self.report.add(&path, "nothing", "is required", None);
            }
            self.report.mark_broken(&path);
            let under = shape.under(name).expect("what a schema requires it also describes");
            kept.push((Key { text: name.to_owned(), place: None }, neutral(under)));
        }
        // A misspelt key is one problem: that the right one is missing must not be a second.
        for name in meant.into_iter().filter(|name| kept.iter().all(|(key, _)| key.text != *name)) {
            self.report.mark_broken(&path.key(name));
        }
        Some(Value::Map(kept))
    }

    fn unknown<'s>(&mut self, key: &Key, shape: Schema<'s>, path: &KeyPath) -> Option<&'s str> {
        let found = shown::key(&key.text);
        let here = path.key(found);
        let meant = nearest(&key.text, shape.keys());
        let hint = meant.map_or_else(
            || format!("known here: {}", shape.keys().collect::<Vec<_>>().join(", ")),
            |name| format!("did you mean {name}?"),
        );
        if let Some(place) = key.place {
            self.report.locate(&here, place);
        }
        self.report.add(&here, found, "unknown key", hint);
        meant
    }

    fn list(&mut self, list: Vec<Node>, shape: Schema<'_>, path: &KeyPath, is_secret: bool) -> Option<Value> {
        self.count(list.len(), shape, path, "maxItems", "items")?;
        if list.is_empty() && shape.bound("minItems").is_some_and(|least| least > 0) {
            return self.refuse(path, "an empty list".to_owned(), "needs at least one item".to_owned(), None);
        }
        let items = list.into_iter().enumerate().map(|(place, node)| {
            // A misfit keeps its place in the list, so that the places of the others stay true.
            self.value(node, shape.item(), &path.index(place), is_secret)
                .unwrap_or_else(|| neutral(shape.item()))
        });
        Some(Value::List(items.collect()))
    }

    fn number(&mut self, number: i128, shape: Schema<'_>, path: &KeyPath) -> Option<Value> {
        let (least, most) = (shape.bound("minimum"), shape.bound("maximum"));
        if least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most) {
            return Some(Value::Integer(number));
        }
        let message = match (least, most) {
            (Some(least), Some(most)) => format!("must be {least} to {most}"),
            (Some(least), None) => format!("must be at least {least}"),
            (None, most) => format!("must be at most {}", most.unwrap_or_default()),
        };
        let is_below = least.is_some_and(|least| number < least);
        let hint = shape.hint().filter(|_| is_below).map(str::to_owned);
        let nearest = if is_below { least } else { most };
        let hint = hint.or_else(|| nearest.map(|nearest| format!("the nearest is {nearest}")));
        self.refuse(path, number.to_string(), message, hint)
    }

    fn text(&mut self, text: String, shape: Schema<'_>, path: &KeyPath) -> Option<Value> {
        let choices = shape.choices();
        if choices.is_empty() || choices.contains(&text.as_str()) {
            return Some(Value::Text(text));
        }
        let hint = nearest(&text, choices.iter().copied()).map(|name| format!("did you mean {name}?"));
        let hint = hint.or_else(|| shape.hint().map(str::to_owned));
        self.refuse(path, shown::text(&text), format!("must be {}", choices.join(" or ")), hint)
    }

    fn count(
        &mut self,
        count: usize,
        shape: Schema<'_>,
        path: &KeyPath,
        bound: &str,
        what: &str,
    ) -> Option<()> {
        let most = shape.bound(bound).filter(|most| i128::try_from(count).is_ok_and(|count| count > *most));
        most.map_or(Some(()), |most| {
            self.refuse(path, format!("{count} {what}"), format!("takes at most {most} {what}"), None)
        })
    }

    fn refuse<T>(
        &mut self,
        path: &KeyPath,
        found: String,
        message: String,
        hint: Option<String>,
    ) -> Option<T> {
        self.report.add(path, found, message, hint);
        self.report.mark_broken(path);
        None
    }
}

fn fits(value: &Value, shape: Schema<'_>) -> bool {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Integer(_) => "integer",
        Value::Float(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    };
    shape.types().contains(&name)
}

/// The plainest value of a schema's first shape.
fn neutral(schema: Schema<'_>) -> Node {
    let shape = schema.shapes().into_iter().next();
    let value = match shape.and_then(|shape| shape.types().first().copied()) {
        Some("object") => {
            let shape = shape.expect("a type is the type of a shape");
            let required = shape.required().filter_map(|name| {
                Some((Key { text: name.to_owned(), place: None }, neutral(shape.under(name)?)))
            });
            Value::Map(required.collect())
        }
        Some("array") => Value::List(Vec::new()),
        Some("string") => {
            Value::Text(shape.map_or("", |shape| shape.choices().first().copied().unwrap_or("")).to_owned())
        }
        Some("integer") => Value::Integer(shape.and_then(|shape| shape.bound("minimum")).unwrap_or(0)),
        Some("boolean") => Value::Bool(false),
        _ => Value::Null,
    };
    value.into()
}

fn expectation(shapes: &[Schema<'_>]) -> String {
    let mut words: Vec<String> = Vec::new();
    for shape in shapes {
        let choices = shape.choices();
        if !choices.is_empty() {
            words.push(choices.join(" or "));
            continue;
        }
        words.extend(shape.types().into_iter().filter_map(|name| match name {
            "boolean" => Some("true or false".to_owned()),
            "integer" => Some("a whole number".to_owned()),
            "number" => Some("a number".to_owned()),
            "string" => Some("text".to_owned()),
            "array" => Some("a list".to_owned()),
            "object" => Some("a mapping".to_owned()),
            _ => None,
        }));
    }
    words.join(" or ")
}

fn type_hint(value: &Value, shapes: &[Schema<'_>], path: &KeyPath, is_secret: bool) -> Option<String> {
    let takes = |name: &str| shapes.iter().any(|shape| shape.types().contains(&name));
    match value {
        Value::Null => Some("give it a value, or remove the key".to_owned()),
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) if takes("string") && is_secret => {
            Some("put it in quotes".to_owned())
        }
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) if takes("string") => {
            Some(format!("put it in quotes: \"{}\"", shown::value(value)))
        }
        Value::Text(text) if takes("integer") => {
            plain_number(text, path).map(|number| format!("write {number}"))
        }
        Value::Text(_) | Value::Map(_) if takes("array") => {
            Some("write a list: each item on its own line after a dash, or all in [ ]".to_owned())
        }
        Value::List(_) if takes("object") => Some("write keys and values, without dashes".to_owned()),
        _ => None,
    }
}

/// The plain number that a text with a unit, such as `32MiB` or `30s`, means under this key.
fn plain_number(text: &str, path: &KeyPath) -> Option<u64> {
    const SIZES: &[(&str, u64)] =
        &[("", 1), ("b", 1), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("kb", 1000), ("mb", 1_000_000)];
    const BINARY_SIZES: &[(&str, u64)] = &[("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30)];
    const TIMES: &[(&str, u64)] =
        &[("", 1), ("ms", 1), ("s", 1000), ("m", 60_000), ("min", 60_000), ("h", 3_600_000)];
    let text = text.trim().to_lowercase().replace('_', "");
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let units = if path.text().contains("timeouts.") { [TIMES, &[]] } else { [SIZES, BINARY_SIZES] };
    let (_, factor) = units.into_iter().flatten().find(|(name, _)| *name == unit.trim())?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}
