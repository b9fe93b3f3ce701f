//! `keys`: the form of the keys that callers are given. Making and finding keys is the store's.

use domain::KEY_PREFIX_DEFAULT;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;

/// Longest prefix of a new key.
const PREFIX_BYTES_MAX: usize = 32;
/// Days until a key ends, unless configured or said.
const DAYS_DEFAULT: u32 = 90;

/// The keys that callers are given.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysSection {
    /// What new keys start with: up to 32 letters, digits, `_` and `-`; default `bw_`. Older keys stay valid.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{0,32}$"))]
    prefix: Option<String>,
    /// Days until a key ends of which nobody says when it is made; 0 for never. Default 90.
    #[schemars(range(min = 0, max = 3660))]
    expires_days_default: Option<u32>,
}

/// How new keys are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What they start with; may be empty.
    pub prefix: String,
    /// Days until one ends of which nobody says when; never if `None`.
    pub expires_days_default: Option<u32>,
}

pub(crate) fn check(section: Option<KeysSection>, report: &mut Report) -> Keys {
    let KeysSection { prefix, expires_days_default } = section.unwrap_or_default();
    let expires_days_default = Some(expires_days_default.unwrap_or(DAYS_DEFAULT)).filter(|days| *days > 0);
    let prefix = prefix.unwrap_or_else(|| KEY_PREFIX_DEFAULT.to_owned());
    let is_plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if !is_plain || prefix.len() > PREFIX_BYTES_MAX {
        let message = format!("must be at most {PREFIX_BYTES_MAX} letters, digits, dashes or underscores");
        report.add(&KeyPath::default().key("keys").key("prefix"), shown::text(&prefix), message, None);
    }
    Keys { prefix, expires_days_default }
}
