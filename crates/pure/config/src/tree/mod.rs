//! The file as a tree of values that know their place. What the values mean is not known here.

mod read;
mod replay;
mod write;

use crate::problem::{Place, Problem, Report};

pub use read::is_blank;
pub(crate) use read::read;
pub use write::write;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands; `None` if it is not in the file.
    pub place: Option<Place>,
}

/// What YAML can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`, and no other word.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A key and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The key itself.
    pub text: String,
    /// Where it stands; `None` if it is not in the file.
    pub place: Option<Place>,
}

impl Key {
    /// A key that is not in the file.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), place: None }
    }
}

/// Reads any YAML as a tree, within the bounds of a configuration; a fault of syntax is told with its place.
pub fn parse(file: &str, text: &str) -> Result<Node, Vec<Problem>> {
    let mut report = Report::new(Some(file));
    let root = read(text, &mut report);
    report.finish().map(|_| root.expect("a text that is not read leaves a problem"))
}

impl From<Value> for Node {
    /// A value that is not in the file.
    fn from(value: Value) -> Self {
        Self { value, place: None }
    }
}
