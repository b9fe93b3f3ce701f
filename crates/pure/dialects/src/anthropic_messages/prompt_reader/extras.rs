//! Fields that only this dialect knows.

use crate::Dialect;
use crate::canonical::Extra;

/// A field as it stands.
pub(super) fn own(name: &str, json: &str) -> Extra {
    Extra { dialect: Dialect::AnthropicMessages, name: name.to_owned(), json: json.to_owned() }
}
