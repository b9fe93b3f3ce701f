//! What changed from one text of the file to another, value by value. Values that may be secrets are not shown; what the
//! values mean, and whether they are right, is not asked.

use crate::key_path::KeyPath;
use crate::problem::{Problem, Report};
use crate::schema::{Schema, schema};
use crate::shown;
use crate::tree::{self, Node, Value};

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stands, such as `timeouts.idle_ms`.
    pub path: String,
    /// What stood there; `None` if nothing did.
    pub before: Option<String>,
    /// What stands there now; `None` if nothing does.
    pub after: Option<String>,
}

/// A value as it is shown, and as it is compared.
struct Leaf {
    path: String,
    shown: String,
    value: Value,
}

/// Every value that differs, in the order of the later text, then what is gone. A text that cannot be read is a problem.
pub fn difference(before: &str, after: &str) -> Result<Vec<Change>, Vec<Problem>> {
    let (before, after) = (leaves(before)?, leaves(after)?);
    let find = |leaves: &[Leaf], path: &str| leaves.iter().position(|leaf| leaf.path == path);
    let mut changes = Vec::new();
    for leaf in &after {
        let former = find(&before, &leaf.path).map(|at| &before[at]);
        if former.is_none_or(|former| former.value != leaf.value) {
            changes.push(Change {
                path: leaf.path.clone(),
                before: former.map(|former| former.shown.clone()),
                after: Some(match former {
                    // Two secrets look alike when neither is shown.
                    Some(former) if former.shown == leaf.shown => format!("another: {}", leaf.shown),
                    _ => leaf.shown.clone(),
                }),
            });
        }
    }
    changes.extend(before.into_iter().filter(|leaf| find(&after, &leaf.path).is_none()).map(|leaf| Change {
        path: leaf.path,
        before: Some(leaf.shown),
        after: None,
    }));
    Ok(changes)
}

fn leaves(text: &str) -> Result<Vec<Leaf>, Vec<Problem>> {
    let mut report = Report::default();
    let Some(root) = tree::read(text, &mut report) else {
        return Err(report.finish().expect_err("a text that is not read leaves a problem"));
    };
    let schema = schema();
    let mut leaves = Vec::new();
    collect(root, Some(Schema::root(&schema)), &KeyPath::default(), false, &mut leaves);
    Ok(leaves)
}

fn collect(node: Node, schema: Option<Schema<'_>>, path: &KeyPath, is_secret: bool, leaves: &mut Vec<Leaf>) {
    // What stands where the schema knows nothing may be anything.
    let is_secret = is_secret || schema.is_none_or(Schema::is_secret);
    let shapes = schema.map(Schema::shapes).unwrap_or_default();
    match node.value {
        Value::Map(map) if !map.is_empty() => {
            for (key, node) in map {
                let under = shapes.iter().find_map(|shape| shape.under(&key.text));
                collect(node, under, &path.key(shown::key(&key.text)), is_secret, leaves);
            }
        }
        Value::List(list) if !list.is_empty() => {
            let item = shapes.iter().find(|shape| shape.types().contains(&"array")).map(|shape| shape.item());
            for (place, node) in list.into_iter().enumerate() {
                collect(node, item, &path.index(place), is_secret, leaves);
            }
        }
        value => {
            let shown = match &value {
                Value::Text(text) if is_secret => crate::secret_source::shown_reference(text),
                value if is_secret => shown::kind(value).to_owned(),
                value => shown::value(value),
            };
            leaves.push(Leaf { path: path.text().to_owned(), shown, value });
        }
    }
}
