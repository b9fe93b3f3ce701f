//! The file as a tree of values that know their place. What the values mean is not known here.

mod read;
mod replay;
mod write;

use crate::problem::Place;

pub use read::is_blank;
pub(crate) use read::read;
pub(crate) use write::write;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) place: Option<Place>,
}

/// What YAML can say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// Keys in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A key and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Option<Place>,
}

impl From<Value> for Node {
    /// A value that is not in the file.
    fn from(value: Value) -> Self {
        Self { value, place: None }
    }
}
