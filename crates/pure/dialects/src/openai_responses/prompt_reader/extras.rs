//! What only this dialect knows: it goes back to it as it came.

use crate::Dialect;
use crate::canonical::{Extra, Foreign, Part, Prompt};
use crate::json::Item;

/// Keeps a field that has no place in the canonical form.
pub(super) fn keep(prompt: &mut Prompt, name: &str, json: &str) {
    prompt.extras.push(Extra {
        dialect: Dialect::OpenAiResponses,
        name: name.to_owned(),
        json: json.to_owned(),
    });
}

/// An item or a part of a message that has no place in the canonical form.
pub(super) fn foreign(item: &Item<'_>, kind: &str) -> Part {
    Part::Foreign(Foreign {
        dialect: Dialect::OpenAiResponses,
        kind: kind.to_owned(),
        json: item.text().to_owned(),
        path: item.path.clone(),
    })
}
