//! Where a deployment's key is: a variable, plain text, or nowhere.

use domain::Secret;
use providers::foreign::Spoken;

use super::cursor::Cursor;
use super::sources::variable_named;

/// What people write where a key is asked for and none is needed.
const PLACEHOLDERS: &[&str] = &[
    "none",
    "null",
    "empty",
    "dummy",
    "fake",
    "fake-key",
    "no-key",
    "not-needed",
    "anything",
    "na",
    "n/a",
    "x",
];

/// A key as it is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    /// It is not said; LiteLLM then takes it from the vendor's usual variable.
    Unsaid,
    /// A word in its place that is no key.
    Placeholder,
    /// The variable that holds it.
    Variable(String),
    /// The key itself.
    Plain(Secret),
    /// It is said in a way that is not understood.
    Unknown,
}

impl Key {
    pub(super) fn read(value: Option<&Cursor<'_>>) -> Self {
        let Some(value) = value else { return Self::Unsaid };
        let Some(text) = value.text() else { return Self::Unknown };
        let text = text.trim();
        if let Some(name) = variable_named(text) {
            return if is_variable(name) { Self::Variable(name.to_owned()) } else { Self::Unknown };
        }
        if text.is_empty() || PLACEHOLDERS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Self::Placeholder;
        }
        if crate::ids::is_credential(text) {
            Self::Plain(Secret::new(text.to_owned()))
        } else {
            Self::Unknown
        }
    }
}

impl Key {
    /// LiteLLM takes a key that is not said from the vendor's variable. At an address of the operator's own it does so
    /// as well, but there it might be somebody else's machine: only a vendor who needs a key gets it.
    pub(super) fn or_usual(self, spoken: &Spoken, has_own_address: bool) -> Self {
        let is_meant = match has_own_address {
            true => spoken.kind_elsewhere.needs_key,
            false => spoken.kind.needs_key || spoken.kind.base_url.is_none(),
        };
        match (self, spoken.key_variable) {
            (Self::Unsaid, Some(name)) if is_meant => Self::Variable(name.to_owned()),
            (key, _) => key,
        }
    }
}

fn is_variable(name: &str) -> bool {
    name.len() <= 100
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}
