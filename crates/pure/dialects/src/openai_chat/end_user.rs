//! For whom a request is, by the caller's own name for that person. Each dialect has a field for it; `user` is read in all.

use crate::Dialect;
use crate::json::{Field, Item};

/// The member of Anthropic's `metadata` that names him.
const USER_ID: &str = "user_id";

/// The field of a dialect beside `user`.
pub(super) const fn field_of(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAiChat | Dialect::OpenAiResponses => "safety_identifier",
        Dialect::AnthropicMessages => "metadata",
    }
}

/// His name, of that field or of `user`; of both, that of the field. `Err` says what makes it doubtful.
pub(super) fn named(
    dialect: Dialect,
    own: Option<&Field>,
    user: Option<&Field>,
) -> Result<Option<String>, &'static str> {
    let named = match dialect {
        Dialect::OpenAiChat | Dialect::OpenAiResponses => own.and_then(string),
        Dialect::AnthropicMessages => own.map(in_metadata).transpose()?.flatten(),
    };
    Ok(named.filter(|name| !name.is_empty()).or_else(|| user.and_then(string)))
}

/// One that stands twice, or in other letter case, may be another to the provider than to us.
fn in_metadata(metadata: &Field) -> Result<Option<String>, &'static str> {
    let Some(text) = metadata.text.as_deref() else { return Ok(None) };
    let Ok(fields) = Item::of_body(text).and_then(|item| item.fields()) else { return Ok(None) };
    let mut found = None;
    for (name, raw) in fields.members().filter(|(name, _)| name.eq_ignore_ascii_case(USER_ID)) {
        if name != USER_ID {
            return Err("the body has 'metadata.user_id' in other letter case");
        }
        if found.replace(raw).is_some() {
            return Err("the body has 'metadata.user_id' twice");
        }
    }
    Ok(found.and_then(|raw| Item::at(raw, USER_ID).string().ok()).map(Into::into))
}

/// A text; nothing if it is none.
pub(super) fn string(field: &Field) -> Option<String> {
    serde_json::from_slice(field.text.as_deref()?).ok()
}
